// A real OpenID provider for tests: whoever signs in with a name of ACCOUNTS is that account, with any password.
import Provider from "oidc-provider";

const { PORT, CLIENT, ACCOUNTS } = process.env;
const accounts = JSON.parse(ACCOUNTS);
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [JSON.parse(CLIENT)],
  claims: { openid: ["sub"], profile: ["preferred_username", "name"], email: ["email", "email_verified"] },
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
});
provider.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
