import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type PostgresMajor, type TestServer, testServer } from "../postgres.ts";

const NOBODY = 65_534; // As lib/local/postgres-server.ts runs it when we are root.

/** Who may connect how: `postgres` without TLS and password; `plain_*` send a password as RDS wants tokens; all others by SCRAM. */
const RULES = `
host    all postgres    127.0.0.1/32 trust
hostssl all /^plain_    127.0.0.1/32 password
hostssl all all         127.0.0.1/32 scram-sha-256
`;

export interface TlsServer {
  readonly server: TestServer;
  /** Of the authority that signed the server's certificate for `localhost` and for nothing else. */
  readonly authorities: string;
  readonly authoritiesFile: string;
  /** Of one that signed nothing. */
  readonly strangers: string;
}

/** A server for one test file that speaks TLS under a certificate of an authority made for it. Call it outside of tests. */
export function tlsServer(major: PostgresMajor): TlsServer {
  const directory = mkdtempSync(join(tmpdir(), "lastgood-tls-"));
  const path = (name: string): string => join(directory, name);
  const openssl = (...args: readonly string[]): void =>
    void execFileSync("openssl", args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  const newKey = ["-newkey", "rsa:2048", "-nodes"];
  for (const name of ["authority", "stranger"]) {
    const subject = ["-subj", `/CN=Lastgood test ${name}`, "-days", "2"];
    openssl("req", "-x509", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.pem`, ...subject);
  }
  openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  writeFileSync(path("names"), "subjectAltName=DNS:localhost\n");
  const signedBy = ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"];
  openssl("x509", "-req", "-in", "server.csr", ...signedBy, "-days", "2", "-extfile", "names", "-out", "server.pem");
  writeFileSync(path("rules"), RULES);
  chmodSync(directory, 0o755);
  chmodSync(path("server.key"), 0o600);
  if (process.getuid?.() === 0) for (const name of readdirSync(directory)) chownSync(path(name), NOBODY, NOBODY);
  // Before testServer's own hook: vitest runs the last one first, and the server must be gone before its files.
  afterAll(() => rmSync(directory, { recursive: true }));
  const settings = {
    ssl: "on",
    ssl_cert_file: path("server.pem"),
    ssl_key_file: path("server.key"),
    hba_file: path("rules"),
  };
  return {
    server: testServer(major, settings),
    authorities: readFileSync(path("authority.pem"), "utf8"),
    authoritiesFile: path("authority.pem"),
    strangers: readFileSync(path("stranger.pem"), "utf8"),
  };
}
