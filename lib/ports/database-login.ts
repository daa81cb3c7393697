/**
 * Where a database is, who asks, and how the server is told from an impostor, where passwords change: tokens of some
 * minutes' life, and secrets that are rotated. lib/postgres connects by it; adapters of clouds make it.
 *
 * Servers are always proven: TLS, a certificate that leads to one of `authorities`, and the host's name in it.
 */
export interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Certificate authorities, PEM. */
  readonly authorities: string;
  /** What to do when the server refuses what `credentials` gave. */
  readonly refusedHint: string;

  /** Asked once for every connection that is made, right before it. Never logged. */
  credentials(): Promise<DatabaseCredentials>;

  /**
   * Asked once when the server refused some: others to try, or undefined if there are none. A secret may have been rotated
   * since it was read.
   */
  credentialsInstead(refused: DatabaseCredentials): Promise<DatabaseCredentials | undefined>;
}

export interface DatabaseCredentials {
  readonly user: string;
  readonly password: string;
}
