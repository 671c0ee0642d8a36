import { testPolicy } from 'postern/testing'
import policy from '../../policies/helo.ts'

const name = { heloHost: { form: 'name', resolves: 'yes' } } as const
const literal = { heloHost: { form: 'literal', resolves: 'not-asked' } } as const
const options = { ownNames: ['mx.Our.example', '203.0.113.25', '2001:DB8::25'] }
const greets = (helo: string, ip = '192.0.2.1') => ({ session: { helo, client: { ip, port: 1 } } })

testPolicy(policy, {
  'an ordinary name passes': { facts: name, options, expect: 'pass' },
  'SRV-06: a name that is not that of the address passes': {
    given: greets('other.example'),
    facts: name,
    options,
    expect: 'pass',
  },
  'our own name is refused': { given: greets('MX.our.example.'), facts: name, options, expect: 'reject own-name' },
  'our own address is refused, with brackets and without': [
    { given: greets('[203.0.113.25]'), facts: literal, options, expect: 'reject own-name' },
    { given: greets('[IPv6:2001:db8:0::25]'), facts: literal, options, expect: 'reject own-name' },
    {
      given: greets('203.0.113.25'),
      facts: { heloHost: { form: 'address', resolves: 'not-asked' } },
      options,
      expect: 'reject own-name',
    },
  ],
  'our own machines may use our own name': [
    { given: greets('mx.our.example', '10.0.0.5'), facts: name, options, expect: 'pass' },
    { given: greets('mx.our.example', '::1'), facts: name, options, expect: 'pass' },
    {
      given: greets('mx.our.example', '10.0.0.5'),
      facts: name,
      options: { ...options, ownNetworks: [] },
      expect: 'reject own-name',
    },
  ],
  'the address of a stranger is a good name in brackets': {
    given: greets('[192.0.2.1]'),
    facts: literal,
    options,
    expect: 'pass',
  },
  'an address without brackets gets points': {
    facts: { heloHost: { form: 'address', resolves: 'not-asked' } },
    expect: 'score 2 address',
  },
  'a name without a dot gets points': {
    facts: { heloHost: { form: 'unqualified', resolves: 'not-asked' } },
    expect: 'score 1.5 unqualified',
  },
  'a name of a private network gets few: many an office has one': {
    facts: { heloHost: { form: 'local', resolves: 'not-asked' } },
    expect: 'score 0.5 local',
  },
  'a name that does not exist gets fewer': {
    facts: { heloHost: { form: 'name', resolves: 'no' } },
    expect: 'score 0.3 unresolvable',
  },
  'trouble with the DNS is nobody else’s fault': { facts: { heloHost: { form: 'name', resolves: 'temperror' } }, expect: 'pass' },
  'our own users may greet as their machines do': {
    given: { session: { listener: 'submission' } },
    facts: { heloHost: { form: 'unqualified', resolves: 'not-asked' } },
    expect: 'pass',
  },
})
