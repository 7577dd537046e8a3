// A subnet on V8, driven line by line from a test: node subnet.mjs DIRECTORY-OF-THE-ENDPOINT
//
// Each line on standard input is a message in JSON, each line on standard output what became of it:
//   { "kind": "call" | "query", "canister", "caller", "arg": hex, "method" }  ->  { "reply": hex } or { "code", "message" }
//   { "kind": "time", "nanoseconds": text }                                   ->  {}, when every timer that is due has run
// No clock runs but the one that is set. No signature is asked for: the caller is who the message says.

import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const directory = resolve(process.argv[2]);
const part = (name) => import(pathToFileURL(join(directory, name)));
const [{ Subnet }, { Reject }, { fromHex, toHex }] = await Promise.all(['subnet.mjs', 'reject.mjs', 'bytes.mjs'].map(part));

let clock = 0n;
let requests = 0;
const subnet = new Subnet();
subnet.now = () => clock;
const principal = (hex) => subnet.id.constructor.fromUint8Array(fromHex(hex));

function call({ canister, caller, arg, method }) {
  const [to, from, bytes] = [principal(canister), principal(caller), fromHex(arg)];
  const decoded = subnet.checkIngress(to, method, bytes, from);
  const id = new Uint8Array(new BigUint64Array([BigInt(requests++)]).buffer);
  return subnet.submit(id, to, method, bytes, from, decoded);
}

async function replyTo(message) {
  if (message.kind === 'query') {
    return subnet.query(principal(message.canister), message.method, fromHex(message.arg), principal(message.caller));
  }
  const request = call(message);
  while (request.status === 'processing') await turn();
  if (request.status === 'rejected') throw new Reject(request.errorCode, request.message, request.rejectCode);
  return request.reply;
}

const due = (canister) => canister.status === 'running' && canister.globalTimer !== 0n && canister.globalTimer <= clock;

async function pass({ nanoseconds }) {
  clock = BigInt(nanoseconds);
  subnet.run();
  while ([...subnet.canisters.values()].some(due)) await sleep(1);
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  let answer = {};
  try {
    if (message.kind === 'time') await pass(message);
    else answer = { reply: toHex(await replyTo(message)) };
  } catch (e) {
    if (!(e instanceof Reject)) throw e;
    answer = { code: e.errorCode, message: e.message };
  }
  console.log(JSON.stringify(answer));
}
process.exit(0);
