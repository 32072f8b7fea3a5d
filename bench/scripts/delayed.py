"""Runs a scenario of the harness over a long line: delayed.py SCENARIO.py ROUND-TRIP-MS OPTION…; every server of it is
behind delay_proxy.py. The harness's folder has to be on PYTHONPATH."""
import os, runpy, subprocess, sys
import benchlib

script, round_trip_ms = sys.argv[1], float(sys.argv[2])
sys.argv[1:3] = []
proxy = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'delay_proxy.py')


class DistantServer(benchlib.Server):
    def __init__(self, a, peer, **kw):
        super().__init__(a, peer, **kw)
        near, self.port = self.port, benchlib.free_port()
        self.line = subprocess.Popen([sys.executable, proxy, str(self.port), str(near), str(round_trip_ms / 2)])
        benchlib.wait_port(self.port, self.line)

    def stop(self):
        self.line.terminate()
        self.line.wait()
        super().stop()


benchlib.Server = DistantServer
runpy.run_path(os.path.join(benchlib.HERE, script), run_name='__main__')
