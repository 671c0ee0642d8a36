import { atEachStep } from './at-each-step.ts'

export const nextHopSilent = atEachStep({ name: 'next-hop-silent', does: 'says nothing', action: 'hang' })
export const nextHopCloses = atEachStep({ name: 'next-hop-closes', does: 'hangs up', action: 'close' })
export const nextHopGarbage = atEachStep({
  name: 'next-hop-garbage',
  does: 'talks nonsense',
  action: '\u0000\u0007?? \u00ff <html>',
})
export const nextHop421 = atEachStep({ name: 'next-hop-421', does: 'says 421', action: '421 4.3.2 Shutting down' })
export const nextHop4xx = atEachStep({ name: 'next-hop-4xx', does: 'says 451', action: '451 4.3.0 Later' })
export const nextHop5xx = atEachStep({
  name: 'next-hop-5xx',
  does: 'says 554',
  action: '554 5.7.1 No',
  // Who does not even greet us has said nothing about the mail; who does not know EHLO is told HELO.
  expected: step => ({ connect: /^451/, ehlo: /^250/ })[String(step)] ?? /^554/,
})
