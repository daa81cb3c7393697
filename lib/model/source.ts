/** What tells one history of transaction ids from another. If any field differs, xmin of then says nothing now. */
export interface SourceIdentity {
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly databaseOid: number;
  readonly database: string;
  /** `server_version_num`, for instance 180004. */
  readonly serverVersion: number;
  /** Start of the postmaster, ISO. A restore of the server's files needs a restart, so it cannot hide behind an equal value. */
  readonly serverStartedAt: string;
  readonly standby: boolean;
  /** Server encoding, for instance UTF8. */
  readonly encoding: string;
}

export interface SourceSnapshot {
  /** Every transaction id below it had ended when the snapshot was taken (64 bits, decimal). */
  readonly xmin: string;
  readonly xmax: string;
  readonly inProgress: readonly string[];
  /** WAL position not before the snapshot, for instance 0/16B3748. */
  readonly lsn: string;
  /** Server's clock at the snapshot, epoch ms. */
  readonly takenAt: number;
}
