00:00.000  +442079460111 calls 110
00:00.000  flow plain, step start
00:00.000  +442079460111 is answered
00:00.001  subflow ask, step start
00:00.001  +442079460111 hears `welcome`
00:02.001  +442079460111 hears `choose`
00:02.501  +442079460111 presses 1
00:02.501  menu: 1
00:02.501  run: outside
00:02.501  subflow place, step start
00:02.501  +442079460111 hears nothing more
00:02.501  +442079460111 hears ringback
00:02.501  policy standard: allow +442071838750 (OK_PSTN)
00:02.502  +442071838750 is called by trunk partner, and sees +442079460111
00:02.602  +442071838750 rings
00:04.502  +442071838750 answers
00:04.502  +442079460111 and +442071838750 talk
00:09.502  +442079460111 hangs up
00:09.502  +442071838750 is ended: normal
00:09.503  record: normal by party 1; plain, 1 hop
             ring 0.001s, flow 2.500s, ring 2.001s, talk 5.001s
             tags before=plain.start, within=ask.start
             1 caller +442079460111 (trunk carrier): answered, normal
             2 target +442071838750 (trunk partner): answered, normal
