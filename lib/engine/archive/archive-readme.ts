import { manifestText } from "./archive-seal.ts";

const ZEROS = "0".repeat(32);

/** What a directory's archive begins its files with (lib/local/lock-line.ts). */
const LOCK_WORD = "lastgood-retained";

export interface ReadmeFacts {
  readonly attempt: string;
  /** Major version of the PostgreSQL it was captured from. */
  readonly postgres: number;
}

/**
 * The clear text beside an archive part, for whoever finds it when there is no Lastgood any more: what it is, and the commands
 * that open it. It names no table, no database and nobody.
 */
export const readmeOf = ({ attempt, postgres }: ReadmeFacts): string => `READ ME: how to open this archive

This directory holds rows of some tables of a PostgreSQL database, as they were at one moment, and the SQL that makes these
tables. All files but this one are encrypted. Lastgood wrote them; you do not need Lastgood to read them.

You need
  - this directory: README.txt, manifest, and packs/ with files named 000001, 000002 and so on. Where the store keeps several
    versions of a file, take the oldest one: later ones are not of this archive
  - the data key of this archive: 64 hexadecimal digits, as "lastgood archive key" wrote them into a file
  - bash with its usual tools, openssl, zstd, and psql with a PostgreSQL server, version ${postgres} or later
Without the data key nobody can open it. If the key was destroyed, that was meant to be.

1. Put the key into a file data.key in this directory, and the lines between the marks into a file open.sh. Work where nobody
   else can look: what comes out is not encrypted, and other users of a machine can see the arguments of its programs.

\`\`\`open.sh
set -euo pipefail
# On a disk, each file of an archive begins with a line that says what locks it. That line is left out.
object() { if [ "$(head -c ${LOCK_WORD.length} "$1" | tr -d '\\0')" = ${LOCK_WORD} ]; then tail -n +2 "$1"; else cat "$1"; fi; }
hmac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -r | cut -c 1-64; }
decrypt() { openssl enc -d -aes-256-ctr -K "$1" -iv ${ZEROS}; }
data=$(tr -d '[:space:]' < data.key)
seal=$(printf %s '${manifestText(attempt, "seal")}' | hmac "$data")
key=$(printf %s '${manifestText(attempt, "key")}' | hmac "$data")
if [ "$(object manifest | tail -c +33 | hmac "$seal")" != "$(object manifest | head -c 32 | od -An -v -tx1 | tr -d ' \\n')" ]
then echo 'the manifest is damaged, or data.key is the key of another archive' >&2; exit 1; fi
object manifest | tail -c +33 | decrypt "$key" | zstd -dc > manifest.txt
sed -n '/^pack /p' manifest.txt | while read -r _ digest packkey pack; do
  if [ "$(object "$pack" | openssl dgst -sha256 -r | cut -c 1-64)" != "$digest" ]
  then echo "$pack is damaged" >&2; exit 1; fi
  object "$pack" | decrypt "$packkey" | zstd -dc
done > archive.sql
echo 'every file is whole; archive.sql is written'
\`\`\`

2. Run it. It checks every file, and stops if one is not what it was.

\`\`\`console
bash open.sh
\`\`\`

3. Load archive.sql into an empty database. It is one transaction: it loads whole or not at all.

\`\`\`console
createdb restored
psql -X -q -v ON_ERROR_STOP=1 -f archive.sql restored
\`\`\`

archive.sql is plain text: SQL, and rows as tab-separated lines as PostgreSQL's COPY writes them. It can be read without
PostgreSQL. manifest.txt ends with one line of JSON that names tables, rows, columns and the moment they are of.

If a tool is missing: each pack is AES-256 in counter mode (CTR) under a key of its own, the first counter block being sixteen
zero bytes. Inside is a Zstandard (RFC 8878) file; all packs in order are archive.sql. The manifest begins with 32 bytes,
HMAC-SHA-256 over the rest of it; the rest is encrypted in the same way. Its key is HMAC-SHA-256, under the data key, over the text
"${manifestText(attempt, "key")}"; that of its HMAC over
"${manifestText(attempt, "seal")}". In it, a line for each pack says
its SHA-256, its key and its name.
`;
