import { lookUpZone } from './zone-table.ts'

/**
 * Lists in the DNS that have been shut down, or whose domain has expired, and when. Many of them list the whole world
 * now, others lead to whoever has bought the domain. Only what the operator has announced, or other users have written
 * down, stands here; the zones below one are as dead as it is.
 */
const deadLists: ReadonlyMap<string, string> = new Map([
  ['ahbl.org', '2014'],
  ['bl.emailbasura.org', '2019'],
  ['bondedsender.org', '2024'],
  ['cidr.bl.mcafee.com', '2024'],
  ['csma.biz', '2013'],
  ['dnsbl.anticaptcha.net', '2021'],
  ['dnsbl.burnt-tech.com', '2015'],
  ['dnsbl.cyberlogic.net', '2018'],
  ['dnsbl.inps.de', 'May 2020'],
  ['dnsbl.madavi.de', '2025'],
  ['dsbl.org', 'May 2008'],
  ['dul.ru', '2015'],
  ['dynip.rothen.com', '2020'],
  ['ix.dnsbl.manitu.net', 'January 2025'],
  ['lbl.lagengymnastik.dk', '2004'],
  ['megarbl.net', '2019'],
  ['njabl.org', '2013'],
  ['no-more-funn.moensted.dk', '2019'],
  ['openbl.org', '2017'],
  ['opm.tornevall.org', 'June 2013'],
  ['ordb.org', '2006'],
  ['osirusoft.com', 'August 2003'],
  ['rbl.cluecentral.net', '2009'],
  ['rbl.lugh.ch', '2024'],
  ['rbl.suresupport.com', '2019'],
  ['relays.visi.com', '2004'],
  ['rfc-clueless.org', 'September 2023'],
  ['rfc-ignorant.org', 'September 2012'],
  ['sorbs.net', 'June 2024'],
  ['spam.abuse.ch', '2019'],
  ['spam.dnsbl.anonmails.de', 'November 2024'],
  ['spamcannibal.org', '2018'],
  ['spamdown.org', '2026'],
  ['spamtrap.drbl.drand.net', '2024'],
  ['spamtrap.trblspam.com', 'April 2013'],
  ['spews.org', 'August 2006'],
  ['virbl.bit.nl', '2017'],
  ['virbl.dnsbl.bit.nl', '2017'],
  ['wpbl.info', '2024'],
  ['ybl.megacity.org', '2004'],
])

/** When a list was shut down: a month or a year, in words. `undefined` for a list that is not known to be dead. */
export function deadList(zone: string): string | undefined {
  return lookUpZone(deadLists, zone)
}
