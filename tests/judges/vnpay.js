// What VNPAY's merchants use (npm: vnpay) judges our signed addresses, and builds notices for us.
// Standard input: {"code", "key", "urls": [...], "notices": [{...}]}; standard output: {"verified": [...], "queries": [...]}.
const { VNPay } = require("vnpay");

const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const vnpay = new VNPay({
  tmnCode: asked.code,
  secureSecret: asked.key,
  vnpayHost: "https://vnpay.example",
  hashAlgorithm: "SHA512",
  loggerFn: () => {},
});
const fields = (url) => Object.fromEntries(new URL(url).searchParams);
console.log(JSON.stringify({
  verified: asked.urls.map((url) => vnpay.verifyReturnUrl(fields(url)).isVerified),
  amounts: asked.urls.map((url) => vnpay.verifyReturnUrl(fields(url)).vnp_Amount),
  queries: asked.notices.map((notice) => vnpay.buildPaymentUrl(notice).split("?")[1]),
}));
