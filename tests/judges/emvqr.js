// A reader of EMV QR codes (npm: steplix-emv-qrcps) and another's CRC (npm: crc) read our payloads.
// Standard input: {"payloads": [...]}; standard output: for each its rows, as "tag value" with
// inner rows after their outer one, and whether the sum at its end is right.
const { Merchant } = require("steplix-emv-qrcps");
const { crc16ccitt } = require("crc");

const { payloads } = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(payloads.map((payload) => ({
  rows: Merchant.Parser.toEMVQR(payload).rawData().trim().split("\n")
    .map((line) => line.trim().replace(/^(\d\d) \d\d /, "$1 ")),
  sum: crc16ccitt(Buffer.from(payload.slice(0, -4))).toString(16).toUpperCase().padStart(4, "0") === payload.slice(-4),
}))));
