import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Metrics } from '../../../src/system/metrics/metrics.js';

const catalogue = {
  seen_total: { type: 'counter', help: 'With a \\ and a\nnew line.', labels: ['kind', 'of'] },
  level: { type: 'gauge', help: 'A "level".', labels: [] },
  took_seconds: { type: 'histogram', help: 'Time.', labels: ['path'], buckets: [0.1, 1, 2.5] },
} as const;

test('the text is that of prom-client', async () => {
  const metrics = new Metrics(catalogue);
  const registry = new Registry();
  const registers = [registry];
  const seen = new Counter({
    name: 'seen_total',
    help: catalogue.seen_total.help,
    labelNames: ['kind', 'of'],
    registers,
  });
  const level = new Gauge({ name: 'level', help: catalogue.level.help, registers });
  const { help, buckets } = catalogue.took_seconds;
  const took = new Histogram({ name: 'took_seconds', help, labelNames: ['path'], buckets: [...buckets], registers });
  for (const [kind, of] of [
    ['plain', 'x'],
    ['back\\slash "quoted"\nline', ''],
    ['plain', 'x'],
  ] as const) {
    metrics.family('seen_total').add(1.5, kind, of);
    seen.inc({ kind, of }, 1.5);
  }
  for (const seconds of [0.05, 0.1, 0.11, 2.5, 99]) {
    metrics.histogram('took_seconds').cell('/a').observe(seconds);
    took.observe({ path: '/a' }, seconds);
  }
  for (const value of [0, -1.25, 1e21, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    metrics.family('level').set(value);
    level.set(value);
    expect((await metrics.scrape()).text).toBe(await registry.metrics());
  }
  expect((await metrics.scrape()).contentType).toBe(registry.contentType);
  metrics.family('level').set(Number.NaN);
  expect((await metrics.scrape()).text).toContain('\nlevel NaN\n');
});

test('one without labels is there from the start; what is looked up is looked up for each scrape; other text follows', async () => {
  const metrics = new Metrics(catalogue, async () => '# TYPE other gauge\nother 1\n');
  let looks = 0;
  metrics.onScrape(() => {
    looks += 1;
    metrics.family('seen_total').set(looks, 'looks', '');
  });
  expect((await metrics.scrape()).text).toContain('\nlevel 0\n');
  const { text } = await metrics.scrape();
  expect(text).toContain('\nseen_total{kind="looks",of=""} 2\n');
  expect(text.endsWith('\n\n# TYPE other gauge\nother 1\n')).toBe(true);
});
