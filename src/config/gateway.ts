import type { Users } from '../accounts/users.ts'
import { defaultBudgetMs, type Gateway } from '../engine/gateway.ts'
import { learn, type Remark } from '../engine/learn.ts'
import { type Rule, rulebook, rulesAs } from '../engine/rule.ts'
import type { Store } from '../engine/store.ts'
import { type ListNews, ListWatch, listsOf, publicZone } from '../facts/index.ts'
import type { JournalWriter } from '../journal/journal-writer.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { annotate } from '../relay/annotate.ts'
import { QuarantineFolder } from '../relay/quarantine-folder.ts'
import type { Log } from '../report/log.ts'
import { RuleTrouble } from '../report/rule-trouble.ts'
import type { Sign } from '../signing/signing-transport.ts'
import { cached } from '../world/cache.ts'
import { type DnsCounters, newDnsCounters } from '../world/dns-counters.ts'
import { DnsHealth, type DnsNews } from '../world/dns-health.ts'
import { readSystemServers } from '../world/dns-server.ts'
import { Resolver } from '../world/resolver.ts'
import { quarantineFolder } from './data-folder.ts'
import { fileTrouble } from './file-trouble.ts'
import { fingerprint } from './fingerprint.ts'
import { type Away, openForOurs } from './for-ours.ts'
import { problemAt } from './issues.ts'
import type { Configuration } from './load.ts'
import type { Queue } from './open-queue.ts'
import type { Checked } from './problem.ts'
import { type OpenRelay, openRelay, openRoutes, type Routes } from './routes.ts'
import { putInForce } from './rules-in-force.ts'

/** A gateway and what it holds open. */
export interface BuiltGateway {
  readonly gateway: Gateway
  /** Who may send through us with a password, when there is a listener for them. */
  readonly users: Users | undefined
  readonly routes: Routes
  readonly sign: Sign | undefined
  /** The way to the rest of the world. */
  readonly away: Away
  /** Resolves when every blocklist has been tested once. */
  readonly tested: Promise<void>
  /** Lets go of the next hops; transactions that are under way come to their end. */
  close(): void
}

/** What outlives a gateway: a reload builds another with the same. */
export interface GatewayContext {
  readonly store: Store
  readonly log: Log
  /** Where traces are kept; a rehearsal keeps none. */
  readonly journal?: JournalWriter | undefined
  /** Where questions to the DNS are counted; nowhere unless told. */
  readonly dnsCounters?: DnsCounters
  /** A rehearsal counts nothing. */
  readonly metrics?: Metrics
  /** Where mail waits while its next hop is down; a rehearsal has none. */
  readonly queue?: Queue | undefined
  /** How transports are opened; a rehearsal has its own that deliver nothing. */
  readonly open?: OpenRelay
}

/** Builds all that a conversation needs from a configuration without a fault. */
export async function buildGateway(configuration: Configuration, context: GatewayContext): Promise<Checked<BuiltGateway>> {
  const { log, store, metrics, journal } = context
  const routes = tryRoutes(configuration, context.open ?? openWith(context))
  if ('problems' in routes) return routes
  const { hostname, mode, limits, data, submission } = configuration
  const rules = configuration.rules.flatMap(rule => putInForce(rule, store))
  const { health, watch } = await openDns(configuration, { rules, transports: routes.value.transports }, context)
  const { route, isExempt, close } = routes.value
  const ours = await openForOurs(configuration, { ...context, dns: watch, uncached: health, routes: routes.value, rules })
  if ('problems' in ours) return ours
  const [trouble, inForce] = [new RuleTrouble(log, filesOf(configuration)), await fingerprint(configuration)]
  const now = () => new Date()
  const gateway: Gateway = {
    rulebook: rulebook(rulesAs(rules, 'mx')),
    mode,
    world: { dns: watch, now, ...(metrics && { meter: metrics.meter }) },
    isDegraded: () => health.isDegraded,
    quarantine: new QuarantineFolder(quarantineFolder(data)),
    route,
    ...ours.value.gateway,
    isExempt,
    maxRecipients: limits.recipients,
    budgetMs: defaultBudgetMs,
    annotate: (message, trace) => annotate(message, { hostname, trace, now: now(), showUser: submission.showUser }),
    record: trace => {
      log.transaction(trace)
      trouble.tell(trace)
      metrics?.count(trace)
      journal?.note(trace, inForce)
      void learn(rules, trace, now()).then(remarks => tellOfLessons(log, remarks))
    },
  }
  const stop = () => {
    watch.stop()
    close()
    ours.value.close()
  }
  const { users, away, sign } = ours.value
  return { value: { gateway, users, away, sign, routes: routes.value, tested: watch.start(), close: stop } }
}

/** Opens next hops, with the queue to stand in for those that are to be queued for. */
function openWith({ metrics, queue }: GatewayContext): OpenRelay {
  return (relay, settings) => {
    const hop = openRelay(relay, settings, metrics?.meter)
    return relay.whenDown === 'queue' && queue ? queue.behind(hop) : hop
  }
}

/** A Maildir that is for everybody is made when it is opened, and may fail. */
function tryRoutes(configuration: Configuration, open: OpenRelay): Checked<Routes> {
  try {
    return { value: openRoutes(configuration, open) }
  } catch (error) {
    return {
      problems: [problemAt(configuration.document, ['relay'], 'Maildirs that we may write to', fileTrouble('relay', error))],
    }
  }
}

interface Judges {
  readonly rules: readonly Rule[]
  readonly transports: Routes['transports']
}

/** The DNS as facts ask it: with a memory, an eye on its health, and without lists that have gone wrong. */
async function openDns(configuration: Configuration, { rules, transports }: Judges, context: GatewayContext) {
  const { log, metrics, dnsCounters: counters = newDnsCounters() } = context
  const health = new DnsHealth({ dns: await openResolver(configuration, counters), report: news => tellOfDns(log, news) })
  const facts = rules.flatMap(rule => Object.values(rule.facts))
  const lists = listsOf(facts)
  metrics?.watch({
    rules: rules.map(({ name }) => name),
    facts: facts.map(({ name }) => name),
    lists: lists.map(({ zone }) => publicZone(zone)),
    dns: counters,
    isDegraded: () => health.isDegraded,
    hops: () => transports,
  })
  const report = (news: ListNews) => {
    tellOfList(log, news)
    metrics?.noteList(news.zone, news.state !== 'suspended')
  }
  const dns = cached(health, { cache: configuration.dns.cache, counters })
  return { health, watch: new ListWatch({ dns, uncached: health, lists, report }) }
}

/** Those who are asked about the DNS, as the configuration says. */
export async function openResolver({ dns }: Pick<Configuration, 'dns'>, counters?: DnsCounters): Promise<Resolver> {
  const { timeoutMs, trustAd, servers = await readSystemServers() } = dns
  return new Resolver({ servers, timeoutMs, trustAd, ...(counters && { counters }) })
}

function tellOfDns(log: Log, { state, ...counts }: DnsNews): void {
  if (state === 'degraded') log.error(counts, 'the DNS is in trouble: nobody is refused for its answers until it is better')
  else log.info(counts, 'the DNS answers again')
}

function tellOfLessons(log: Log, remarks: readonly Remark[]): void {
  for (const { rule, ...remark } of remarks) {
    if ('note' in remark) log.info({ rule, ...remark.note.fields }, remark.note.text)
    else log.error({ rule, error: remark.error }, 'a rule cannot learn from a transaction')
  }
}

function tellOfList(log: Log, { zone, state, why }: ListNews): void {
  const about = { zone, ...(why !== undefined && { why }) }
  if (state === 'suspended') log.error(about, 'this list is not asked any more: its answers are wrong')
  else if (state === 'silent') log.warn(about, 'this list does not answer')
  else log.info(about, 'this list works again')
}

/** The files of the rules that are not our own. */
function filesOf({ rules }: Configuration): Map<string, string> {
  return new Map(rules.flatMap(({ name, file }) => (file === undefined ? [] : [[name, file]])))
}
