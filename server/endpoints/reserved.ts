/**
 * Names that no tenant may claim: hosts of our own, names that software and certificate authorities treat specially
 * (RFC 2142 mailboxes, `wpad`, `autodiscover`), paths of the public API, and words that would let a page pose as ours.
 */
export const reservedNames: readonly string[] = `
  www www1 www2 www3 web website site home main root apex base default example test testing demo-admin sample
  api apis app apps application admin admins administrator administrators console control panel cpanel dashboard manage
  manager management portal hub core edge node nodes backend frontend server servers service services system systems
  internal intern private public local localhost localdomain loopback broadcasthost invalid null undefined none nil void
  true false nan index favicon robots sitemap security well-known wellknown acme-challenge
  auth oauth oauth2 openid oidc sso saml login logout signin signout sign-in sign-out signup sign-up register registration
  account accounts user users profile session sessions password passwords reset verify verification confirm invite
  invites invitation member members team teams org orgs organization organizations tenant tenants owner owners staff
  root-admin superuser sudo operator operators moderator mod support help helpdesk contact info abuse postmaster
  hostmaster webmaster noreply no-reply mailer-daemon usenet news uucp ftp sftp ftps ssh telnet ntp ldap ldaps kerberos
  mail mails email emails smtp imap pop pop3 mx mx1 mx2 webmail newsletter mailer mailbox mailboxes autodiscover
  autoconfig wpad isatap
  dns ns ns1 ns2 ns3 ns4 whois rdap cert certs certificate certificates ca crl ocsp pki tls ssl https http
  relay relays tunnel tunnels connect connector connectors connection link links stream streams socket sockets ws wss
  gw gateway gateways proxy proxies router routers route routes loadbalancer lb cdn cache static assets asset img images
  image media video files file upload uploads download downloads storage bucket buckets backup backups archive
  billing bill bills invoice invoices payment payments pay checkout subscribe subscription subscriptions pricing plans plan
  stripe-webhook webhook webhooks callback callbacks shop store order orders refund refunds wallet bank
  status uptime health healthz readyz livez metrics monitor monitoring prometheus grafana kibana sentry log logs logging
  trace tracing audit analytics stats statistics report reports
  docs doc documentation wiki guide guides learn tutorial tutorials faq forum forums community blog press about legal terms
  tos privacy policy cookies dmca copyright jobs careers partners partner affiliates enterprise
  dev develop development developer developers stage staging stg qa uat sandbox beta alpha canary preview prod production
  git github-actions svn ci cd build builds deploy deploys release releases registry npm pypi docker package packages
  database db sql postgres postgresql mysql redis mongo mongodb queue worker workers cron job scheduler
  hotspot llmhotspot hotspot-app hotspot-api hotspot-admin official team-hotspot trust safety secure
  endpoint endpoints availability details token tokens rotate heartbeat issue revoke watch license licenses licence device
  devices key keys access-key access-keys api-key api-keys request requests v1 v2 v3 openapi swagger graphql trpc rest rpc
  runtime runtimes workspace workspaces vm vms cloud managed managed-cloudflare cloudflared
`
  .trim()
  .split(/\s+/);

/** Brands that phishing poses as. No name may contain one, in any disguise that `skeletonOf` sees through. */
export const brandNames: readonly string[] = `
  paypal google gmail youtube microsoft outlook office365 onedrive sharepoint azure-login apple icloud appleid amazon
  facebook instagram whatsapp netflix spotify linkedin twitter tiktok snapchat telegram discord reddit roblox
  steam ebay etsy airbnb uber dropbox docusign adobe zoom-login slack atlassian github gitlab bitbucket cloudflare
  godaddy namecheap stripe revolut coinbase binance metamask ledger-live trezor opensea blockchain-com
  wellsfargo bankofamerica jpmorgan citibank capitalone americanexpress mastercard visa hsbc barclays santander deutschebank
  sparkasse commerzbank volksbank postbank ing-diba n26 klarna venmo cashapp zelle westernunion
  usps fedex dhl ups-tracking hermes-paket royalmail
  openai chatgpt anthropic huggingface nvidia samsung huawei walmart alibaba aliexpress shopify salesforce oracle-login
`
  .trim()
  .split(/\s+/);
