import type { IdleSample, Sample } from './sample.ts'

/** One measurement on one line, for whoever watches. */
export function progressLine(sample: Sample | IdleSample): string {
  const name = `${sample.round + 1} ${sample.cell.padEnd(13)} ${sample.peer.padEnd(23)}`
  return 'held' in sample ? `${name} ${idleLine(sample)}` : `${name} ${loadLine(sample)}`
}

function idleLine({ held, during, before, errorSamples }: IdleSample): string {
  return [`${held} held`, `${((during - before) / held / 1024).toFixed(1)} KiB each`, ...errorSamples].join('  ')
}

function loadLine({ rate, cpuPerThousand, latency, busy, errors, errorSamples, faults }: Sample): string {
  return [
    `${rate.toFixed(0).padStart(6)}/s`,
    `${cpuPerThousand.toFixed(3)} CPU s/1000`,
    `p50 ${latency?.p50.toFixed(2)} p99 ${latency?.p99.toFixed(2)} ms`,
    `busy ${busy.peer.toFixed(2)}+${busy.load.toFixed(2)}+${busy.other.toFixed(2)}`,
    ...(errors > 0 ? [`${errors} errors: ${errorSamples.join('; ')}`] : []),
    ...faults.map(fault => `FAULT: ${fault}`),
  ].join('  ')
}
