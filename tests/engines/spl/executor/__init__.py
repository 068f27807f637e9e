"""An executor of SPL, written from Splunk's Search Manual and Search Reference alone; each module names its pages.

What no page says is refused as `unknown`, with the reason: an answer of this executor is always one that a page gives.
"""
