// Uploads files with tus-js-client (npm), as a front end does, and does not give up.
// Standard input: {"endpoint", "token", "files": [{"path", "name", "component"}], "chunk"}; standard
// output: [{"url", "tries", "error"}], in the order of the files.
const { readFileSync } = require("fs");
const tus = require("tus-js-client");

const asked = JSON.parse(readFileSync(0, "utf8"));

function upload(file) {
  return new Promise((resolve) => {
    let tries = 0;
    const upload = new tus.Upload(readFileSync(file.path), {
      endpoint: asked.endpoint,
      chunkSize: asked.chunk ?? Infinity,
      headers: { Authorization: `Bearer ${asked.token}` },
      metadata: { filename: file.name, component: file.component },
      retryDelays: Array(200).fill(150),
      onBeforeRequest: () => void tries++,
      onError: (error) => resolve({ url: upload.url, tries, error: String(error) }),
      onSuccess: () => resolve({ url: upload.url, tries }),
    });
    upload.start();
  });
}

Promise.all(asked.files.map(upload)).then((done) => console.log(JSON.stringify(done)));
