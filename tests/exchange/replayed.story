00:00.000  +442079460111 calls 120
00:00.000  flow outside, step start
00:00.000  +442079460111 is answered
00:00.001  +442079460111 hears ringback
00:00.001  policy standard: allow +442071838750 (OK_PSTN)
             by destinations.allow_regions: OK_PSTN: +442071838750 is allowed (`destinations.allow_regions`)
00:00.002  +442071838750 is called by trunk partner, and sees +442079460111
00:00.102  +442071838750 rings
00:02.002  +442071838750 answers
00:02.002  +442079460111 and +442071838750 talk
00:20.000  +442079460111 hangs up
00:20.000  +442071838750 is ended: normal
00:20.001  record: normal by party 1; outside, 1 hop
             ring 2.002s, talk 17.999s
             1 caller +442079460111 (trunk carrier): answered, normal
             2 target +442071838750 (trunk partner): answered, normal

00:00.000  +442079460111 calls 129
00:00.000  flow forward, step start
00:00.000  us_dana is called, and sees +442079460111
00:00.100  us_dana rings
00:00.100  +442079460111 hears that it rings
00:02.000  us_dana answers
00:02.000  +442079460111 is answered
00:02.001  +442079460111 and us_dana talk
00:04.000  order 1: us_dana transfers the call blind to pstn +442071838750
00:04.000  policy standard: deny +442071838750 (PSTN_BLIND_TRANSFER_NOT_PERMITTED)
             by sip_user_defaults.allow_pstn_blind_transfer: PSTN_BLIND_TRANSFER_NOT_PERMITTED: allow_pstn_blind_transfer is false for us_dana (`sip_user_defaults.allow_pstn_blind_transfer`)
00:05.000  order 2: us_dana transfers the call attended to user us_ravi
00:05.000  order 2 is taken: consulting
00:05.000  +442079460111 and us_dana no longer hear each other
00:05.000  transfer to user us_ravi is consulting
00:05.000  us_ravi is called, and sees 102
00:05.000  +442079460111 hears music
00:05.000  us_dana hears ringback
00:05.100  us_ravi rings
00:07.000  us_ravi answers
00:07.000  us_dana and us_ravi talk
00:07.000  us_dana sees 103
00:08.000  order 3: complete the transfer
00:08.000  us_dana and us_ravi no longer hear each other
00:08.000  us_dana is ended: normal
00:08.000  transfer to user us_ravi is completed (bridged)
00:08.000  +442079460111 and us_ravi talk
00:08.000  +442079460111 sees 103
00:08.000  us_ravi sees +442079460111
00:10.000  +442079460111 hangs up
00:10.000  us_ravi is ended: normal
00:10.001  record: normal by party 1; forward, 2 hops
             ring 2.001s, talk 2.999s, hold 3.000s, talk 2.001s
             1 caller +442079460111 (trunk carrier): answered, normal
             2 target 102 (user us_dana): answered, normal
             3 target 103 (user us_ravi): answered, normal, transferred by 2
