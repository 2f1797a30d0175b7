// The baseline: `https.createServer` that reads the body, parses it and sends a fixed answer of the size of ours. Usage: bare.mjs KEY CERT
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [keyFile, certFile] = process.argv.slice(2);
const answer = (uid) =>
  Buffer.from(
    `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"${uid}","allowed":true,"patchType":"JSONPatch","patch":"${'W3sib3AiOiJhZGQi'.repeat(40)}"}}`,
  );
const fixed = answer('705ab4f5-6393-11e8-b7cc-42010a800002');
const headers = { 'Content-Type': 'application/json', 'Content-Length': fixed.length };
const server = createServer(
  { key: readFileSync(keyFile), cert: readFileSync(certFile), minVersion: 'TLSv1.3', keepAliveTimeout: 120_000 },
  (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const review = JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
      if (review.request === undefined) throw new Error('no request');
      response.writeHead(200, headers);
      response.end(fixed);
    });
  },
);
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
