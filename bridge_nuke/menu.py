"""Nuke runs this after init.py where there is a window; see there."""

import nuke

try:
    import sparkvsr_nuke

    if hasattr(sparkvsr_nuke, "__path__"):  # else init.py has said why there is no package
        from sparkvsr_nuke.host import start

        start.in_the_gui()
except Exception as error:
    nuke.tprint("SparkVSR has no menu: {}.".format(" ".join(str(error).split()) or repr(error)))
