/** Exit statuses of the command line. Any other non-zero status is a failure too. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  partial: 3,
  refused: 4,
  awaitingApproval: 5,
  notFound: 6,
  conflict: 7,
  unreachable: 8,
  different: 9,
  retention: 10,
  interrupted: 130,
} as const;

interface Kind {
  readonly exit: number;
  readonly retryable: boolean;
  /** The operator's next act, unless the thrower knows a better one. */
  readonly hint: string;
}

/** Every way Lastgood can fail that is not a bug: one line each. docs/errors.md is generated from this table. */
export const ERRORS = {
  USAGE: { exit: EXIT.usage, retryable: false, hint: "run the command with --help" },
  BUG: {
    exit: EXIT.error,
    retryable: false,
    hint: "this is a bug: run again with LASTGOOD_DEBUG=1 and report what it prints",
  },
  INTERRUPTED: { exit: EXIT.interrupted, retryable: true, hint: "run the same command again; it continues" },

  OBJECT_EXISTS: { exit: EXIT.conflict, retryable: false, hint: "names are never used twice; run doctor on the vault" },
  OBJECT_MISSING: {
    exit: EXIT.different,
    retryable: false,
    hint: "run verify --level list to see everything that is missing",
  },
  OBJECT_RETAINED: {
    exit: EXIT.retention,
    retryable: false,
    hint: "it is locked until the date in the message; run again after that",
  },
  STORE_FORBIDDEN: {
    exit: EXIT.refused,
    retryable: false,
    hint: "give this user the right on the vault, then run again",
  },
  STORE_UNREACHABLE: {
    exit: EXIT.unreachable,
    retryable: true,
    hint: "check the vault's disk or network, then run again",
  },
  STORE_FULL: {
    exit: EXIT.unreachable,
    retryable: true,
    hint: "free space on the vault's disk, then run again; what was written is re-used",
  },

  VAULT_NOT_FOUND: { exit: EXIT.notFound, retryable: false, hint: "check --vault; the first capture creates a vault" },
  VAULT_NOT_A_DIRECTORY: { exit: EXIT.usage, retryable: false, hint: "give --vault a directory" },
  VAULT_NOT_OURS: { exit: EXIT.refused, retryable: false, hint: "give --vault an empty directory or a vault" },
  VAULT_TOO_NEW: {
    exit: EXIT.refused,
    retryable: false,
    hint: "use the Lastgood that wrote this vault, or a later one",
  },
  OBJECT_CORRUPT: {
    exit: EXIT.different,
    retryable: false,
    hint: "run verify --level read to see everything that is damaged; restore from another point",
  },
  CHUNK_DIGEST_MISMATCH: {
    exit: EXIT.different,
    retryable: false,
    hint: "run verify --level read; restore from another point",
  },
  DIGEST_MISMATCH: {
    exit: EXIT.different,
    retryable: false,
    hint: "do not restore this table from this point; run verify --level read and take a new capture with --base",
  },

  EVIDENCE_BROKEN: {
    exit: EXIT.different,
    retryable: false,
    hint: "change nothing in the evidence store; compare it with a copy of it, and with the heads that were kept elsewhere",
  },
  EVIDENCE_UNWRITTEN: {
    exit: EXIT.partial,
    retryable: false,
    hint: "what the message says was done is done; mend the evidence store before the next act",
  },
  EVIDENCE_NOT_FOUND: {
    exit: EXIT.notFound,
    retryable: false,
    hint: "lastgood evidence list shows the records there are; lastgood evidence sign puts them under a signed head",
  },

  KEY_FILE_NOT_FOUND: {
    exit: EXIT.notFound,
    retryable: false,
    hint: "check --keys; without its key file a vault cannot be opened by anybody",
  },
  KEY_FILE_EXISTS: {
    exit: EXIT.conflict,
    retryable: false,
    hint: "use that key file, or name another one; a key file is never overwritten",
  },
  KEY_FILE_UNSAFE: { exit: EXIT.refused, retryable: false, hint: "chmod 600 the key file" },
  KEY_FILE_INVALID: { exit: EXIT.refused, retryable: false, hint: "give --keys the file that lastgood wrote" },
  KEY_WRONG: {
    exit: EXIT.refused,
    retryable: false,
    hint: "give --keys the key file (and passphrase) that this vault was written with",
  },
  KEY_SHREDDED: { exit: EXIT.notFound, retryable: false, hint: "this part has expired; choose another point" },

  DATABASE_URL_INVALID: { exit: EXIT.usage, retryable: false, hint: "use postgres://user@host:port/database" },
  DATABASE_UNREACHABLE: {
    exit: EXIT.unreachable,
    retryable: true,
    hint: "check host, port and network, then run again",
  },
  DATABASE_AUTH: { exit: EXIT.refused, retryable: false, hint: "check the user and PGPASSWORD (or ~/.pgpass)" },
  DATABASE_UNTRUSTED: {
    exit: EXIT.refused,
    retryable: false,
    hint: "check the host's name and the certificate authorities (sslrootcert, LASTGOOD_DATABASE_CA); nothing was sent to it",
  },
  DATABASE_FORBIDDEN: {
    exit: EXIT.refused,
    retryable: false,
    hint: "grant the role SELECT on what is named, then run again",
  },
  DATABASE_LOST: {
    exit: EXIT.unreachable,
    retryable: true,
    hint: "run the same command again; chunks already stored are re-used",
  },
  DATABASE_VERSION: { exit: EXIT.refused, retryable: false, hint: "Lastgood supports PostgreSQL 15 to 18" },
  DATABASE_ERROR: { exit: EXIT.error, retryable: false, hint: "the server's log has the statement and its reason" },
  SOURCE_MOVED: {
    exit: EXIT.conflict,
    retryable: true,
    hint: "tables were rewritten, truncated or changed while they were read; run again when the migration is over",
  },
  CHAIN_BROKEN: { exit: EXIT.conflict, retryable: true, hint: "run the capture again with --base" },

  CAPTURE_RUNNING: { exit: EXIT.conflict, retryable: true, hint: "wait for the other capture, then run again" },
  POINT_NOT_FOUND: { exit: EXIT.notFound, retryable: false, hint: "lastgood point list shows the points there are" },
  TABLE_NOT_FOUND: { exit: EXIT.notFound, retryable: false, hint: "lastgood point show <point> lists its tables" },
  ARCHIVE_NOT_FOUND: {
    exit: EXIT.notFound,
    retryable: false,
    hint: "lastgood archive list shows the archives there are",
  },
  ARCHIVE_MIXED: {
    exit: EXIT.conflict,
    retryable: false,
    hint: "restore one class at a time, each into a database of its own",
  },
  LOCK_WRONG: {
    exit: EXIT.different,
    retryable: false,
    hint: "put a lock on it in the store until the part's date; find out who wrote it, or changed its lock",
  },
  TARGET_NOT_EMPTY: {
    exit: EXIT.refused,
    retryable: false,
    hint: "restore into an empty database, or name a schema with --into-schema",
  },
  TARGET_UNFIT: {
    exit: EXIT.refused,
    retryable: false,
    hint: "change the target as the message says, or name another one, then make a new plan",
  },
  ROW_TOO_LONG: {
    exit: EXIT.refused,
    retryable: false,
    hint: "PostgreSQL cannot read this row as text; restore into a database instead of --to sql",
  },
  TARGET_NO_SPACE: { exit: EXIT.refused, retryable: false, hint: "give the target more disk, or restore fewer tables" },
  OUTPUT_EXISTS: {
    exit: EXIT.conflict,
    retryable: false,
    hint: "give --out another name, or remove that file; nothing is overwritten",
  },
  OUTPUT_UNWRITABLE: {
    exit: EXIT.refused,
    retryable: false,
    hint: "give --out a file in a directory that is there, that you may write to, and that has space",
  },
  PLAN_INVALID: { exit: EXIT.refused, retryable: false, hint: "make a new plan" },
  PLAN_STALE: { exit: EXIT.conflict, retryable: false, hint: "make a new plan" },
  RESTORE_UNPROVEN: {
    exit: EXIT.different,
    retryable: false,
    hint: "do not use the restored tables; restore again into a fresh database and keep this output",
  },
  DIFFERENT: { exit: EXIT.different, retryable: false, hint: "" },
  POLICY_INVALID: {
    exit: EXIT.usage,
    retryable: false,
    hint: "lastgood policy check names every problem with its line",
  },
  TABLE_UNCLASSIFIED: { exit: EXIT.refused, retryable: false, hint: "add the table to a class of the policy" },
  ROW_AGE_UNKNOWN: {
    exit: EXIT.refused,
    retryable: false,
    hint: "give the table the column that the class's rowAge names, or put it into another class",
  },
  CAPTURE_TOO_LARGE: {
    exit: EXIT.refused,
    retryable: false,
    hint: "raise the number of lanes, or take this database's first base with lastgood capture on a machine of yours",
  },
  RELEASE_TAKEN: {
    exit: EXIT.conflict,
    retryable: false,
    hint: "a release id stands for one commit: give this one a new id",
  },
  RELEASE_STALE: {
    exit: EXIT.conflict,
    retryable: false,
    hint: "open the release under a new id: what stands for this one shows the database as it was then",
  },
  DATABASE_UNKNOWN: {
    exit: EXIT.notFound,
    retryable: false,
    hint: "name a database that the stack protects, or add it to the stack and deploy",
  },

  INSTANCE_NOT_FOUND: { exit: EXIT.notFound, retryable: false, hint: "check the instance or cluster id in the stack" },
  INSTANCE_BUSY: {
    exit: EXIT.conflict,
    retryable: true,
    hint: "the instance is being backed up or changed: run again when it is available",
  },
  SNAPSHOT_QUOTA: {
    exit: EXIT.refused,
    retryable: false,
    hint: "delete manual snapshots that are past their expiry, or ask AWS for a higher quota",
  },
  SNAPSHOT_FAILED: {
    exit: EXIT.error,
    retryable: false,
    hint: "RDS events of the instance say why; then open a new release id",
  },
  SNAPSHOT_NOT_OURS: {
    exit: EXIT.refused,
    retryable: false,
    hint: "Lastgood did not make it, or lost its tags: give them back, or delete it by hand",
  },

  KEY_DISABLED: { exit: EXIT.refused, retryable: false, hint: "enable the KMS key, then run again" },
  KEY_LOST: {
    exit: EXIT.refused,
    retryable: false,
    hint: "the KMS key is to be deleted: cancel its deletion now, or everything wrapped by it is lost",
  },

  CLOUD_FORBIDDEN: {
    exit: EXIT.refused,
    retryable: false,
    hint: "give the role the right that is named, then run again",
  },
  CLOUD_CREDENTIALS: { exit: EXIT.refused, retryable: false, hint: "sign in to AWS again, then run again" },
  CLOUD_THROTTLED: { exit: EXIT.unreachable, retryable: true, hint: "run again later; AWS refused that many calls" },
  CLOUD_UNREACHABLE: {
    exit: EXIT.unreachable,
    retryable: true,
    hint: "check network, Region and endpoints, then run again",
  },
  CLOUD_ERROR: { exit: EXIT.error, retryable: false, hint: "AWS's answer says what it refused; then check the stack" },
  STACK_INVALID: {
    exit: EXIT.error,
    retryable: false,
    hint: "deploy the stack again with this version of Lastgood, then run again",
  },
  STACK_NOT_FOUND: { exit: EXIT.notFound, retryable: false, hint: "check the stack's name, Region and account" },

  WORKFLOW_TOO_LONG: {
    exit: EXIT.refused,
    retryable: false,
    hint: "this act needs more operations than a workflow may have; split it, or run it on a machine of yours",
  },
  WORKER_LOST: {
    exit: EXIT.error,
    retryable: true,
    hint: "a worker died several times in the same place; its log, or the history of the workflow, says why",
  },
  APPROVAL_UNAVAILABLE: {
    exit: EXIT.refused,
    retryable: false,
    hint: "approve the plan by hand and apply it from a command line",
  },
  EVENT_INVALID: { exit: EXIT.usage, retryable: false, hint: "send the fields that docs/guide names" },
  HOLD_REFUSED: {
    exit: EXIT.refused,
    retryable: false,
    hint: "holders of the policy may hold and release, always two of them: docs/guide/holds.md",
  },
  HOLD_NOT_FOUND: { exit: EXIT.notFound, retryable: false, hint: "lastgood hold list shows the holds there are" },
  PART_HELD: {
    exit: EXIT.retention,
    retryable: false,
    hint: "it goes with the first run after two people have released the hold",
  },
  CLOCK_WRONG: {
    exit: EXIT.refused,
    retryable: false,
    hint: "set this machine's clock, then run again; if it is right, run lastgood expire run --clock-checked",
  },
  NOTIFY_FAILED: {
    exit: EXIT.unreachable,
    retryable: true,
    hint: "check the webhook that the policy's notify.webhookFrom names; the alarm is in the output and in the evidence",
  },
  NO_POSTGRES: { exit: EXIT.notFound, retryable: false, hint: "run npm ci, or name a server with --scratch" },
} as const satisfies Record<string, Kind>;

export type ErrorCode = keyof typeof ERRORS;

interface FailureOptions extends ErrorOptions {
  readonly hint?: string;
  /** Machine-readable facts for --json. Never a row value, a key or a secret. */
  readonly facts?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/**
 * A failure an operator can act on. The message is lower case, without a full stop, says what was got and what was
 * expected, and names no row value, key or secret.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly facts: NonNullable<FailureOptions["facts"]>;

  constructor(code: ErrorCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
    this.facts = options.facts ?? {};
  }

  get exit(): number {
    return ERRORS[this.code].exit;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** Whether a value caught is the given failure. */
export const isFailure = (error: unknown, code?: ErrorCode): error is Failure =>
  error instanceof Failure && (code === undefined || error.code === code);

/** A Failure as plain data: an Error loses its own fields when it is cloned, kept or sent. */
export type SentFailure = Pick<Failure, "code" | "message" | "hint" | "facts">;

export const sentFailure = ({ code, message, hint, facts }: Failure): SentFailure => ({ code, message, hint, facts });

export const receivedFailure = ({ code, message, hint, facts }: SentFailure): Failure =>
  new Failure(code, message, { hint, facts });
