/** How the values of several processes become one. */
type Across = 'sum' | 'max' | 'min'

/** Metrics of one name, as Prometheus knows them: what they tell, and by which labels they differ. */
export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly across: Across
}

/** What only grows, until the process ends. */
export function counter(name: string, help: string, ...labels: readonly string[]): Family {
  return { name, type: 'counter', help, labels, across: 'sum' }
}

/** What goes up and down. */
export function gauge(name: string, help: string, ...labels: readonly string[]): Family {
  return { name, type: 'gauge', help, labels, across: 'sum' }
}

/** Seconds or bytes, counted by their size. */
export function histogram(name: string, help: string, ...labels: readonly string[]): Family {
  return { name, type: 'histogram', help, labels, across: 'sum' }
}

/** For what is true of all processes alike, or of the worst of them. */
export function across(how: Across, family: Family): Family {
  return { ...family, across: how }
}
