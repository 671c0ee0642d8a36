/** What policies and facts are tested with. */
export { findFact } from './testing/find-fact.ts'
export { type Given, message, ordinary } from './testing/ordinary.ts'
export { type Expected, type Scenario, type Step, testPolicy } from './testing/test-policy.ts'
export { type TraceCase, testTrace } from './testing/test-trace.ts'
export { type Zone, type ZoneDns, type ZoneEntry, zoneDns } from './testing/zone-dns.ts'
export { memoryStore } from './world/memory-store.ts'
