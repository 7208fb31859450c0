// A gateway that the portal's makers have not written: the package oidc-provider, with people of the tests.
// node oidc_server.mjs <folder of oidc-provider> <settings as JSON>; says «ready» when it listens.
import { pathToFileURL } from "node:url";

const [, , folder, settings] = process.argv;
const { default: Provider } = await import(pathToFileURL(`${folder}/lib/index.js`).href);
const { issuer, port, client, people, auth, alg } = JSON.parse(settings);

const provider = new Provider(issuer, {
  clients: [{
    ...client,
    token_endpoint_auth_method: auth,
    id_token_signed_response_alg: alg,
    grant_types: ["authorization_code"],
    response_types: ["code"],
  }],
  clientAuthMethods: [auth],
  cookies: { keys: ["only for tests"] },
  claims: {
    openid: ["sub", "snils", "urn:esia:sbj:lvl"],
    profile: ["family_name", "given_name", "middle_name", "birthdate", "gender"],
    email: ["email", "email_verified"],
    phone: ["phone_number", "phone_number_verified"],
  },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  jwks: JSON.parse(settings).jwks,
  async findAccount(_context, id) {
    return people[id] && { accountId: id, claims: async () => ({ sub: id, ...people[id] }) };
  },
});
provider.listen(port, "127.0.0.1", () => console.log("ready"));
