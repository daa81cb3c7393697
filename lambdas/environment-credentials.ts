/** What the SDK's own default is asked for: keys of whoever calls. */
interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Stands in every bundle for the SDK's chain of credential providers (lib/cdk/bundle.ts): a Lambda's credentials are
 * its role's, and they lie in its environment. The chain is 100 kB of sign-in flows that no Lambda has.
 */
export const defaultProvider = (): (() => Promise<Identity>) => async () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined)
    throw Object.assign(new Error("the environment holds no credentials"), { name: "CredentialsProviderError" });
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
  };
};
