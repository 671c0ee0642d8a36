import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { it } from 'node:test'
import { readConfiguration } from '../../src/cli/startup.ts'
import { defaultConfiguration } from '../../src/config/default.ts'
import { loadConfiguration } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'

const top = join(import.meta.dirname, '../..')

/** What is told about each `fixtures/config/broken-*.yaml`: line, column, what it is about, what was expected and what was found. */
const expected: Readonly<Record<string, readonly string[]>> = {
  submission: [
    '4:13: relayFrom[0]: expected an address or a network, such as 10.0.0.0/8, found "nonsense"',
    '6:23: submission.accounts.server: expected smtp://host:587 or smtps://host:465, found "lmtp://10.0.0.5:24"',
    '7:24: submission.addresses.alice[0]: expected an address, or all of a domain, such as "*@example.org", found "nobody"',
    '8:27: submission.throttle.perNetwork: expected at least 1, found 0',
    '9:26: rules[0].as: expected one of mx, submission, any, found "everybody"',
  ],
  'relay-from': [
    '4:13: relayFrom[0]: expected a network of your own, not so much of the Internet, found "0.0.0.0/0"',
    '4:36: relayFrom[2]: expected a network of your own, not so much of the Internet, found "::/3"',
  ],
  'alias-bomb': ['1:1: YAML: expected at most 100 aliases of anchors, found more of them'],
  'certificate-files': ['2:14: tls.cert: expected a certificate in PEM form, found no fixtures/config/missing.pem'],
  'dead-list': [
    '9:19: rules[0].options.lists[0].zone: expected a list that is alive: this one ended in June 2024, found "dul.dnsbl.sorbs.net"',
    '11:32: rules[1].options.lists[0].zone: expected a list that is alive: this one ended in 2024, found "query.bondedsender.org"',
    '13:32: rules[2].options.lists[0].zone: expected a list that is alive: this one ended in September 2012, found "dsn.rfc-ignorant.org"',
    '15:32: rules[3].options.lists[0].zone: expected a list that is alive: this one ended in 2013, found "Dnsbl.NJABL.org"',
  ],
  destinations: [
    '4:20: relay["a.example"].to: expected smtp://host:port, smtps://host:port, lmtp://host:port, lmtp:/path/of/socket or maildir:/path/{local}, found "10.0.0.5:25"',
    '5:20: relay["b.example"].to: expected smtp://host:port, the host a name, an IPv4 address or an IPv6 address in brackets, found "smtp://10.0.0.256:25"',
    '6:20: relay["c.example"].to: expected a port other than 25 for LMTP (RFC 2033, 5), found "lmtp://127.0.0.1:25"',
    '7:20: relay["d.example"].to: expected lmtp://host:port or lmtp:/path/of/socket, found "lmtp:run/dovecot/lmtp"',
    '8:20: relay["e.example"].to: expected {local} or {domain} in the path of a Maildir, found "maildir:/var/mail/{user}"',
    '9:52: relay["f.example"].identity: expected one of none, xclient, xforward, proxy, found "xclint"',
    '9:65: relay["f.example"].tls: expected one of opportunistic, required, off, found "maybe"',
    '9:82: relay["f.example"].whenDown: expected one of defer, queue, found "bounce"',
  ],
  'domain-twice': [
    '3:13: postmaster: expected an address in one of the domains of relay, found "postmaster@elsewhere.example"',
    '7:3: relay: expected each domain once, found "xn--bcher-kva.example"',
    '8:3: relay: expected each domain once, found "example.ORG"',
  ],
  domains: [
    '1:11: hostname: expected the full name of this machine, such as mx.example.org, found "mx example"',
    '3:13: postmaster: expected an address, such as postmaster@example.org, found "root"',
    '5:3: relay: expected a domain, such as example.org, or all domains below one, such as "*.example.org", found "exa mple.org"',
    '6:3: relay: expected a domain, such as example.org, or all domains below one, such as "*.example.org", found "[192.0.2.1]"',
    '7:3: relay: expected a domain, such as example.org, or all domains below one, such as "*.example.org", found "*"',
  ],
  expression: [
    '9:23: rules[0].options.when: expected a field of facts.spf (perhaps result), found "reslt"',
    '10:13: rules[0].options.then: expected what to do, such as score 3 (perhaps score), found "scoer"',
    '16:14: rules[1].options.when: expected types that go together, found "facts.spf.result == 3" (no such overload: string == int)',
    '24:24: rules[2].options.when: expected regex(), whose time is linear, found "matches"',
    '30:34: rules[3].options.when: expected a value that it can have (perhaps softfail), found "sotfail"',
    '35:39: rules[4].options.when: expected a known name (perhaps facts), found "fcats"',
    '40:59: rules[5].options.when: expected an expression in CEL, found "\\"mx.example.org" (unterminated string)',
    '44:4109: rules[6].options.when: expected at most 4096 characters, found 5018',
    '48:22: rules[7].options.when: expected text, found true',
    '50:22: rules[8].options.when: expected an expression that is true or false, found one that is int',
    '50:51: rules[8].options.then: expected a status that begins with 5., found 4.7.1',
    '52:67: rules[9].options.at: expected message or later, since facts.dmarc is known at message, found "rcpt"',
    '54:54: rules[10].options.when: expected recipients, or `to:` beside `use:`, where something is mentioned that is known at message only, found recipient, which is known at rcpt only',
    '57:13: rules[11].options.when: expected at most 1000000 steps to judge, however long the lists are, found an expression that could take 50384909',
  ],
  'implicit-tls': ['3:54: listen[0].tls: expected a certificate under tls, found implicit without a certificate'],
  'key-twice': ['5:3: YAML: expected each key once, found "example.org" again'],
  'list-file': [
    '6:33: rules[0].options.clients.file: expected a list that can be read, found no fixtures/config/no-such-list.txt',
  ],
  'listen-twice': [
    '4:16: listen[1].address: expected an address that is listened on once, found 0.0.0.0:25 again',
    '5:33: listen[2].tls: expected a certificate under tls, found implicit without a certificate',
    '8:20: metrics.listen: expected an address that is listened on once, found 0.0.0.0:25 again',
  ],
  listen: [
    '3:16: listen[0].address: expected an address and a port, such as 0.0.0.0:25 or "[::]:25", found "0.0.0.0:70000"',
    '4:16: listen[1].address: expected an address and a port, such as 0.0.0.0:25 or "[::]:25", found "10.0.0.300:25"',
    '4:37: listen[1].as: expected one of mx, submission, found "relay"',
    '5:16: listen[2].address: expected text, found 25',
  ],
  'lmtp-on-25': [
    '4:22: relay["example.org"].to: expected a port other than 25 for LMTP (RFC 2033, 5), found "lmtp://10.0.0.5:25"',
  ],
  metrics: [
    '4:21: metrics.listen: expected an address and a port, such as 127.0.0.1:9125 or "[::1]:9125", found "9125"',
    '4:29: metrics: expected a known key (listen), found "host"',
  ],
  missing: [
    '2:1: hostname: expected text, found nothing',
    '2:1: listen: expected a list, found nothing',
    '2:1: relay: expected a mapping, found nothing',
  ],
  networks: [
    '4:33: listen[0].proxyProtocol[1]: expected an address or a network, such as 10.0.0.0/8, found "10.0.0.0/33"',
    '5:15: listen[0].xclient[0]: expected an address or a network, such as 10.0.0.0/8, found "localhost"',
    '5:26: listen[0].xclient[1]: expected an address or a network, such as 10.0.0.0/8, found "010.0.0.1"',
  ],
  options: [
    '9:19: rules[0].options.lists[0].zone: expected the zone of a list, such as zen.spamhaus.org, found "zen .example"',
    '9:44: rules[0].options.lists[0].codes: expected return codes such as 127.0.0.2, or 127.0.0.4-127.0.0.7, found "127.0.0.x"',
    '10:41: rules[0].options.lists[1].points: expected a number, found "lots"',
    '10:47: rules[0].options.lists[1]: expected a known key (perhaps codes), found "codez"',
    '12:22: rules[1].options.none: expected at least 0, found -1',
    '14:30: rules[2].options.quarantineAt: expected a number, found "four"',
    '18:17: rules[3].options.rejectAt: expected at least as many points as quarantineAt, found 8',
    '20:58: rules[4].options.domains.file: expected a list that can be read, found no fixtures/config/none.txt',
  ],
  'policy-file': ['6:10: rules[0].use: expected the path of a policy file, found no file fixtures/config/no-policy.ts'],
  policy: ['5:10: rules[0].use: expected a built-in policy (perhaps dnsbl) or the path of a policy file, found "dnsbls"'],
  recipients: ['6:10: rules[0].to[0]: expected an address, or all of a domain, such as "*@example.org", found "everybody"'],
  rules: [
    '6:10: rules[0].use: expected a built-in policy (perhaps dnsbl) or the path of a policy file, found "dnsbll"',
    '7:10: rules[1].use: expected the path of a policy file, found no file fixtures/config/no-policy.yaml',
    '8:10: rules[2].use: expected the path of a policy file, found no file fixtures/config/missing.ts',
    '9:5: rules[3].use: expected text, found nothing',
    '11:39: rules[5].to[0]: expected an address, or all of a domain, such as "*@example.org", found "example.org"',
    '11:59: rules[5].mode: expected one of enforce, shadow, found "watch"',
    '11:75: rules[5].onError: expected one of pass, defer, found "reject"',
    '11:94: rules[5].timeoutMs: expected at least 10, found 1',
    '12:24: rules[6].name: expected a name that no rule before has, found "greeting"',
    '13:5: rules[7]: expected a mapping, found "helo"',
  ],
  signing: [
    '5:3: sign: expected a domain, such as example.org, found "exa mple.org"',
    '7:19: sign["example.org"][0].selector: expected a selector, such as 202611-rsa: the name of the key in the DNS, found "a b"',
    '8:7: sign["example.org"][1].key: expected text, found nothing',
    '8:22: sign["example.org"][1]: expected a known key (selector, key), found "keyfile"',
    '9:16: sign["example.net"]: expected at least 1 item, found an empty list',
    '10:16: arc.domain: expected the domain that vouches for what we have found, such as example.org, found "[192.0.2.1]"',
    '10:41: arc.selector: expected a selector, such as 202611-rsa: the name of the key in the DNS, found "s_1"',
    '11:53: srs.days: expected at least 1, found 0',
    '12:25: outbound.addresses[0]: expected an address, such as 198.51.100.1, found "192.0.2.300"',
    '12:39: outbound: expected a known key (perhaps watchBlocklists), found "watchBlocklist"',
  ],
  syntax: ['4:41: YAML: expected quotes around a value that contains brackets, found "{local} }"'],
  types: [
    '2:10: workers: expected auto or a number, found "some"',
    '3:19: dns.timeoutMs: expected a number, found "soon"',
    '3:32: dns.cache: expected true or false, found "sometimes"',
    '4:9: listen: expected a list, found "0.0.0.0:25"',
    '5:8: relay: expected a mapping, found a list',
    '6:7: mode: expected one of enforce, observe, found "enforced"',
    '7:23: limits.recipients: expected at least 100, found 10',
    '7:40: limits.connections: expected a whole number, found 2.5',
  ],
  'unknown-keys': [
    '3:5: listen[0].address: expected text, found nothing',
    '3:7: listen[0]: expected a known key (perhaps address), found "adress"',
    '5:44: relay["example.org"]: expected a known key (perhaps whenDown), found "wheneverDown"',
    '7:3: limits: expected a known key (perhaps messageBytes), found "mesageBytes"',
  ],
}

for (const [name, lines] of Object.entries(expected)) {
  it(`a configuration with a mistake is refused where it stands: ${name}`, async () => {
    const file = relative(process.cwd(), join(top, 'fixtures/config', `broken-${name}.yaml`))
    const checked = await readConfiguration(file)
    assert.ok('problems' in checked)
    const told = checked.problems.map(problem => formatProblem(problem).replace(`${file}:`, '').replaceAll(`${top}/`, ''))
    assert.deepEqual(told, lines)
  })
}

it('every broken configuration has its line in the table', async () => {
  const files = await readdir(join(top, 'fixtures/config'))
  const names = files.filter(file => file.startsWith('broken-')).map(file => file.slice('broken-'.length, -'.yaml'.length))
  assert.deepEqual(names.toSorted(), Object.keys(expected).toSorted())
})

it('the example that we ship is in order', async () => {
  const checked = await readConfiguration(join(top, 'postern.example.yaml'))
  assert.deepEqual('problems' in checked ? checked.problems.map(formatProblem) : [], [])
})

it('the built-in configuration is in order, and has the default rules', async () => {
  const checked = await loadConfiguration({ file: 'built-in default', folder: top, text: defaultConfiguration() })
  assert.ok('value' in checked)
  assert.ok(checked.value.rules.length >= 9)
  assert.deepEqual(
    checked.value.listen.map(({ address }) => address),
    [{ host: '127.0.0.1', port: 2525 }],
  )
})
