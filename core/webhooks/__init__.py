"""Webhooks: a system outside hears of what has happened in an organization and below it.

`kinds` says what can be heard of, `hearing` writes a delivery in the transaction of the event, `delivering` sends it in
the background, signed after the Standard Webhooks specification, and `registering` is what an administrator does.
A delivery carries ids and versions only: the receiver fetches by the API what it may see.
"""
