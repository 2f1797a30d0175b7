import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { hasCommand } from '../support/has-command.js';
import { program } from '../support/program.js';
import { itNeeds } from '../support/require.js';

const browserFile = '/usr/bin/chromium';
const itInBrowser = itNeeds(hasCommand(browserFile, '--version'), 'no Chromium at /usr/bin/chromium');
const examples = resolve('docs/tutorial/examples');

let folder: string;
let server: ChildProcess | undefined;
let browser: Browser | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-page-'));
});
afterEach(async () => {
  await browser?.close();
  browser = undefined;
  if (server !== undefined && server.exitCode === null) {
    const ended = new Promise((done) => server?.once('exit', done));
    server.kill('SIGTERM');
    await ended;
  }
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Starts `serve` with the demo set; resolves with the address and the one-time link it prints. */
function serve(): Promise<{ readonly origin: string; readonly link: string }> {
  const child = spawn(process.execPath, [resolve(program), 'serve', '--listen', '127.0.0.1:0'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  server = child;
  return new Promise((done, fail) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      const link = /(https:\/\/127\.0\.0\.1:\d+)\/\?token=\S+/.exec(said);
      if (link !== null) done({ origin: link[1] ?? '', link: link[0] });
    });
    child.once('exit', (code) => fail(new Error(`serve ended with ${code}: ${said}`)));
  });
}

async function open(options: { readonly colorScheme?: 'light' | 'dark'; readonly width?: number } = {}): Promise<Page> {
  browser ??= await chromium.launch({
    executablePath: browserFile,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1200, height: 900 },
  });
  return context.newPage();
}

/** What the browser complains of: errors of scripts, refused resources. */
function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

function review(origin: string, webhook: string, body: string): Promise<string> {
  return new Promise((done, fail) => {
    const call = request(
      `${origin}/${webhook}`,
      {
        method: 'POST',
        ca: readFileSync(join(folder, '.seccomply/tls/ca.crt')),
        headers: { 'Content-Type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => done(text)).on('error', fail);
      },
    );
    call.on('error', fail);
    call.end(body);
  });
}

const example = (name: string): string => readFileSync(join(examples, `${name}.json`), 'utf8');

itInBrowser('the page shows policies and exemptions with their places, and decisions as they are made', async () => {
  const { origin } = await serve();
  const page = await open();
  const complaints = complaintsOf(page);
  await page.goto(origin);
  await page.getByText('web-by-image', { exact: true }).waitFor();
  expect(await page.locator('#policies').textContent()).toMatch(/runtime-default\.yaml:\d+/);
  expect(await page.locator('#exemptions').textContent()).toContain('legacy-profiler');
  expect(await page.locator('#state').textContent()).toBe('ok');

  await review(origin, 'mutate', example('changed'));
  await page.locator('#decisions .changed').waitFor();
  await review(origin, 'validate', example('refused'));
  await page.locator('#decisions .refused').waitFor();
  const refused = await page.locator('#decisions li', { has: page.locator('.refused') }).textContent();
  expect(refused).toContain('Unconfined');
  expect(refused).toContain('record ');
  expect(complaints).toEqual([]);
});

itInBrowser('a policy file that breaks shows as a problem with its place, and goes when it is mended', async () => {
  const { origin } = await serve();
  const page = await open();
  await page.goto(origin);
  await page.getByText('web-by-image', { exact: true }).waitFor();
  const file = join(folder, '.seccomply/policies/demo/web-by-image.yaml');
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, good.replace('assign:', 'asign:'));
  await page.locator('#problems .error').waitFor();
  expect(await page.locator('#problems').textContent()).toMatch(/web-by-image\.yaml:\d+:\d+[\s\S]*asign/);
  expect(await page.locator('#policies').textContent()).toContain('web-by-image');
  writeFileSync(file, good);
  await page.locator('#problems-section').waitFor({ state: 'hidden' });
});

itInBrowser('what a pod says is text on the page, never markup', async () => {
  const { origin } = await serve();
  const page = await open();
  const complaints = complaintsOf(page);
  await page.goto(origin);
  const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const body = JSON.parse(example('refused')) as {
    request: { object: { spec: { containers: { name: string; image: string }[] } } };
  };
  for (const container of body.request.object.spec.containers) {
    container.name = hostile;
    container.image = hostile;
  }
  await review(origin, 'validate', JSON.stringify(body));
  await page.locator('#decisions .refused').waitFor();
  expect(await page.locator('#decisions').textContent()).toContain('<img src=x');
  expect(await page.locator('#decisions img, #decisions script').count()).toBe(0);
  expect(await page.title()).toBe('Seccomply');
  expect(complaints).toEqual([]);
});

itInBrowser('the one-time link opens the page under another name, once', async () => {
  const { origin, link } = await serve();
  browser = await chromium.launch({
    executablePath: browserFile,
    args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP seccomply.test 127.0.0.1'],
  });
  const elsewhere = (address: string): string => address.replace('127.0.0.1', 'seccomply.test');
  const stranger = await browser.newContext({ ignoreHTTPSErrors: true });
  const refused = await (await stranger.newPage()).goto(elsewhere(origin));
  expect(refused?.status()).toBe(403);

  const guest = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await guest.newPage();
  await page.goto(elsewhere(link));
  await page.getByText('web-by-image', { exact: true }).waitFor();
  expect(page.url()).not.toContain('token');

  const late = await (await stranger.newPage()).goto(elsewhere(link));
  expect(late?.status()).toBe(403);
});

itInBrowser('the page is readable in the dark and on a telephone', async () => {
  const { origin } = await serve();
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await open({ colorScheme, width: 390 });
    await page.goto(origin);
    await page.getByText('web-by-image', { exact: true }).waitFor();
    // Nothing sticks out of a narrow window, and text stands out from what is behind it.
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    const [text, back] = (await page.evaluate(
      '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
    )) as [string, string];
    expect(contrast(text, back)).toBeGreaterThan(7);
    if (process.env.SECCOMPLY_SCREENSHOTS !== undefined)
      await page.screenshot({
        path: join(process.env.SECCOMPLY_SCREENSHOTS, `page-${colorScheme}.png`),
        fullPage: true,
      });
  }
});

/** Contrast ratio of two `rgb(r, g, b)` colours, WCAG 2.2. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
