// An S3 server (s3rver, npm) over a folder, with one bucket `motcua`. It checks every signature; its
// only keys are S3RVER, S3RVER. Arguments: FOLDER PORT; it says "ready" on standard output.
const S3rver = require("@20minutes/s3rver");

const [directory, port] = process.argv.slice(2);
new S3rver({
  address: "127.0.0.1",
  port: Number(port),
  directory,
  silent: true,
  vhostBuckets: false,
  configureBuckets: [{ name: "motcua" }],
})
  .run()
  .then(() => console.log("ready"));
