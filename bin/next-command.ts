/** Characters that no shell gives a meaning to. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** A file's name as an argument: one that begins with a dash is no option. */
export const fileWord = (path: string): string => shellWord(path.startsWith("-") ? `./${path}` : path);

/** Flags that say where things are, as they were given; what came from the environment is there the next time too. */
export interface PlaceFlags {
  readonly database?: string | undefined;
  readonly vault?: string | undefined;
  readonly keys?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

/** The flags again, for a command that works when it is pasted; never with a password. */
export const placeWords = ({ database, vault, keys, passphraseFile }: PlaceFlags): readonly string[] =>
  [
    ["--database", database === undefined ? undefined : withoutPassword(database)],
    ["--vault", vault],
    ["--keys", keys],
    ["--passphrase-file", passphraseFile],
  ].flatMap(([flag = "", value]) => (value === undefined ? [] : [flag, shellWord(value)]));

/** The address without what stands between user and host: PGPASSWORD or ~/.pgpass has to give it the next time. */
const withoutPassword = (url: string): string => {
  const address = new URL(url);
  // Only if there is one: a URL that is written again may come out in another form.
  if (address.password === "") return url;
  address.password = "";
  return address.href;
};
