/** The noun's line in --help. */
export const EXPIRE = "let go what a policy says is over";
