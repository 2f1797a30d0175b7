import { podReview, unconfinedPod } from '../../support/pod-review.js';
import { eventually, type Serving, sendTo, startServing, stopAll } from '../../support/serving.js';

afterEach(stopAll);

const rebound = { host: 'evil.example' };
const tokenOf = (serving: Serving): Promise<string> =>
  eventually(
    async () => /\?token=([\w-]+)/.exec(serving.stderr())?.[1] ?? '',
    (token) => token !== '',
  );

test('the page is for this machine by its loopback names, with a strict policy and nothing inline', async () => {
  const serving = await startServing('serve');
  const { status, headers, text } = await serving.get('/');
  expect(status).toBe(200);
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
  expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
  expect(text).not.toMatch(/<script(?![^>]* src="\/)|<style|\son\w+=|style=|https?:\/\//);
  for (const path of ['/page.js', '/page.css', '/icon.svg', '/api/state']) {
    expect((await serving.get(path)).status).toBe(200);
    const refused = await serving.send('GET', path, undefined, rebound);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('"code":"not-from-here"');
  }
  for (const host of ['localhost:1', '[::1]:1', '127.0.0.1'])
    expect((await serving.send('GET', '/', undefined, { host })).status).toBe(200);
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'x@127.0.0.1'])
    expect((await serving.send('GET', '/', undefined, { host })).status).toBe(403);
});

test('the link of the start works once, from anywhere, and gives a cookie that goes on working', async () => {
  const serving = await startServing('serve');
  const token = await tokenOf(serving);
  expect((await serving.send('GET', `/?token=${token}x`, undefined, rebound)).status).toBe(403);
  expect((await serving.send('HEAD', `/?token=${token}`, undefined, rebound)).status).toBe(403);
  const opened = await serving.send('GET', `/?token=${token}`, undefined, rebound);
  expect(opened).toMatchObject({ status: 303, headers: { location: '/' } });
  const [cookie = ''] = opened.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^__Host-seccomply=[\w-]{32}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  expect((await serving.send('GET', `/?token=${token}`, undefined, rebound)).status).toBe(403);
  const [pair = ''] = cookie.split(';');
  expect((await serving.send('GET', '/api/state', undefined, { ...rebound, cookie: pair })).status).toBe(200);
  expect((await serving.send('GET', '/api/state', undefined, { ...rebound, cookie: `${pair}x` })).status).toBe(403);
});

test('the last decisions come with their reasons, also over the stream, which ends when the server does', async () => {
  const serving = await startServing('serve');
  const stream = sendTo({ port: serving.port, ca: serving.ca }, 'GET', '/api/events');
  const evil = '<img src=x onerror=alert(1)>';
  await serving.review('mutate', podReview(unconfinedPod, { name: evil }));
  const state = JSON.parse((await serving.get('/api/state')).text) as {
    decisions: { outcome: string; subject: string; reasons: string[]; recordId: string }[];
    policies: { name: string; origin: string }[];
    exemptions: { name: string }[];
  };
  expect(state.decisions[0]).toMatchObject({ outcome: 'refused', subject: `Pod shop/${evil}` });
  expect(state.decisions[0]?.reasons[0]).toMatch(/Unconfined/);
  expect(serving.records().some(({ recordId }) => recordId === state.decisions[0]?.recordId)).toBe(true);
  expect(state.policies.map(({ name }) => name)).toEqual(['web-by-image', 'runtime-default']);
  expect(state.policies[0]?.origin).toMatch(/web-by-image\.yaml:\d+$/);
  expect(state.exemptions.map(({ name }) => name)).toEqual(['legacy-profiler']);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const code = serving.stop();
  expect((await stream).text).toContain('"outcome":"refused"');
  expect(await code).toBe(0);
});

test('webhook has no page, and with an address of its own for metrics the first has admission and health only', async () => {
  const serving = await startServing('webhook', ['--admin-listen', '127.0.0.1:0']);
  const admin = Number(/"adminAddress":"https:\/\/127\.0\.0\.1:(\d+)"/.exec(serving.stderr())?.[1]);
  expect((await serving.get('/metrics')).status).toBe(404);
  expect((await serving.get('/')).status).toBe(404);
  expect((await serving.get('/readyz')).status).toBe(200);
  const on = (path: string, method = 'GET') => sendTo({ port: admin, ca: serving.ca }, method, path);
  expect((await on('/metrics')).status).toBe(200);
  expect((await on('/')).status).toBe(404);
  expect((await on('/mutate', 'POST')).status).toBe(404);
});
