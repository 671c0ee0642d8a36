/** A blocklist that many ask, and where its operator takes addresses off it. */
export interface CatalogueList {
  readonly zone: string
  readonly name: string
  /** The operator's own page. */
  readonly removal: string
  /** It has addresses of IPv6 too. */
  readonly ipv6?: true
}

/** The lists by which mail is refused in practice. One that is of networks says nothing of us that we could change, and is not here. */
export const catalogue: readonly CatalogueList[] = [
  { zone: 'zen.spamhaus.org', name: 'Spamhaus ZEN', removal: 'https://check.spamhaus.org/', ipv6: true },
  { zone: 'bl.spamcop.net', name: 'SpamCop', removal: 'https://www.spamcop.net/bl.shtml' },
  {
    zone: 'b.barracudacentral.org',
    name: 'Barracuda',
    removal: 'https://www.barracudacentral.org/rbl/removal-request',
  },
  { zone: 'bl.mailspike.net', name: 'Mailspike', removal: 'https://www.mailspike.io/ip_verify' },
  { zone: 'bl.blocklist.de', name: 'blocklist.de', removal: 'https://www.blocklist.de/en/delist.html', ipv6: true },
  { zone: 'psbl.surriel.com', name: 'PSBL', removal: 'https://psbl.org/remove' },
  { zone: 'dnsbl-1.uceprotect.net', name: 'UCEPROTECT Level 1', removal: 'https://www.uceprotect.net/en/rblcheck.php' },
  { zone: 'bl.spameatingmonkey.net', name: 'Spam Eating Monkey', removal: 'https://spameatingmonkey.com/lookup', ipv6: true },
  { zone: 'dnsbl.dronebl.org', name: 'DroneBL', removal: 'https://dronebl.org/lookup', ipv6: true },
  { zone: 'dnsbl.spfbl.net', name: 'SPFBL', removal: 'https://spfbl.net/en/delist/', ipv6: true },
  { zone: 'all.s5h.net', name: 's5h', removal: 'https://www.usenix.org.uk/content/rblremove', ipv6: true },
]
