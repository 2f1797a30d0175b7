import type { Registry } from 'prom-client';
import { type MetricDefinition, type MetricName, metricCatalogue } from './catalogue.js';
import { Family, HistogramFamily } from './family.js';

type HistogramName = {
  [N in MetricName]: (typeof metricCatalogue)[N]['type'] extends 'histogram' ? N : never;
}[MetricName];
type FamilyName = Exclude<MetricName, HistogramName>;

/**
 * The server's metrics. Counting is an addition to a number; prom-client formats them, adds those of the process, and is loaded
 * with the first scrape, not with the program.
 */
export class Metrics {
  readonly #families = new Map<MetricName, Family>();
  readonly #histograms = new Map<MetricName, HistogramFamily>();
  readonly #beforeScrape: (() => void)[] = [];
  #registry: Promise<Registry> | undefined;

  constructor() {
    for (const [name, definition] of Object.entries(metricCatalogue) as [MetricName, MetricDefinition][]) {
      if (definition.type === 'histogram') this.#histograms.set(name, new HistogramFamily(name, definition));
      else {
        const family = new Family(definition);
        // A counter without labels is there from the start, so that a rate over it never begins with a gap.
        if (definition.labels.length === 0) family.cell();
        this.#families.set(name, family);
      }
    }
  }

  family(name: FamilyName): Family {
    return this.#families.get(name) as Family;
  }

  histogram(name: HistogramName): HistogramFamily {
    return this.#histograms.get(name) as HistogramFamily;
  }

  /** For gauges whose value is looked up when somebody asks. */
  onScrape(look: () => void): void {
    this.#beforeScrape.push(look);
  }

  /** The exposition text and its content type. */
  async scrape(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.#registry ??= this.#makeRegistry();
    const registry = await this.#registry;
    for (const look of this.#beforeScrape) look();
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  async #makeRegistry(): Promise<Registry> {
    const { collectDefaultMetrics, Registry } = (await import('prom-client')).default;
    const registry = new Registry();
    for (const [name, definition] of Object.entries(metricCatalogue) as [MetricName, MetricDefinition][]) {
      const source = this.#families.get(name) ?? this.#histograms.get(name);
      const { help, type } = definition;
      const metric = { name, help, type, get: async () => ({ name, help, type, values: source?.samples() ?? [] }) };
      registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
    }
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
    return registry;
  }
}
