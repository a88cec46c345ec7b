// Checks signed submission receipts with jose (JWS) and canonicalize (RFC 8785).
// Input: {"keys": a JWK Set, "receipts": […]}; output: whether each is as it was signed.
const { createLocalJWKSet, flattenedVerify } = require('jose');
const canonicalize = require('canonicalize');

async function holds({ signature, ...receipt }, keys) {
  const [header, value] = signature.split('..');
  const payload = Buffer.from(canonicalize(receipt)).toString('base64url');
  try {
    await flattenedVerify({ protected: header, payload, signature: value }, keys, { algorithms: ['EdDSA'] });
    return true;
  } catch {
    return false;
  }
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const asked = JSON.parse(Buffer.concat(chunks).toString());
  const keys = createLocalJWKSet(asked.keys);
  console.log(JSON.stringify(await Promise.all(asked.receipts.map((receipt) => holds(receipt, keys)))));
}

main();
