// Verifies what comes on standard input, a JSON list of {secret, headers, body (base64)}: true or false for each.
// Without an argument by Node's own crypto, else by the package standardwebhooks in the folder that is named.
const crypto = require("node:crypto");
const path = require("node:path");

const ED25519 = Buffer.from("302a300506032b6570032100", "hex"); // SubjectPublicKeyInfo before the 32 bytes. Source: RFC 8410

function byCrypto({ secret, headers, body }) {
  const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`), body]);
  const [kind, text] = secret.split("_");
  const key = Buffer.from(text, "base64");
  return headers["webhook-signature"].split(" ").some((each) => {
    const [version, signature] = each.split(",");
    const given = Buffer.from(signature, "base64");
    if (kind === "whpk") {
      const format = { key: Buffer.concat([ED25519, key]), format: "der", type: "spki" };
      return version === "v1a" && crypto.verify(null, signed, crypto.createPublicKey(format), given);
    }
    const made = crypto.createHmac("sha256", key).update(signed).digest();
    return version === "v1" && given.length === made.length && crypto.timingSafeEqual(given, made);
  });
}

function byPackage(modules) {
  const { Webhook } = require(path.resolve(modules, "standardwebhooks"));
  return ({ secret, headers, body }) => {
    try {
      new Webhook(secret).verify(body.toString(), headers);
      return true;
    } catch {
      return false;
    }
  };
}

const verify = process.argv[2] ? byPackage(process.argv[2]) : byCrypto;
const cases = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map((each) => verify({ ...each, body: Buffer.from(each.body, "base64") }))));
