"""Memory of both sides while one big file goes up and down: the most of any process (VmHWM), and how much of that came
after the first fifth. The source is sparse; the target takes its full size. The harness's folder has to be on PYTHONPATH."""
from benchlib import *

a = args(__doc__, lambda p: (p.add_argument('--mib', type=int, default=5120), p.add_argument('--shm', default='/dev/shm')))
size = a.mib << 20
src, dst = f'{a.shm}/bench-sparse-{a.mib}', f'{a.shm}/bench-big-dst'
with open(src, 'wb') as f:
    f.truncate(size)
os.chmod(src, 0o644)


def peaks(root):
    """KiB VmHWM by process, of the tree; processes that are gone are left out."""
    out = {}
    for p in tree(root):
        try:
            m = re.search(r'^VmHWM:\s+(\d+)', open(f'/proc/{p}/status').read(), re.M)
            name = open(f'/proc/{p}/cmdline').read().split('\0')[0].rsplit('/', 1)[-1]
        except OSError:
            continue
        if m and 'python' not in name:
            out[p] = int(m.group(1))
    return out


def watch(o, sv):
    """The most of the client's and of the server's processes, in MB, and how much more that is than after a fifth."""
    argv, text, env = o
    p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    if text is not None:
        p.stdin.write(text.encode())
    p.stdin.close()
    early, late = {}, {}
    while p.poll() is None:
        for side, root in (('client', p.pid), ('server', sv.pid)):
            for pid, kib in peaks(root).items():
                late[side, pid] = kib
                if not os.path.exists(dst) or os.path.getsize(dst) < size // 5:
                    early[side, pid] = kib
        time.sleep(0.1)
    if p.returncode:
        raise Failed(f'rc {p.returncode}: {p.stderr.read()[-400:].decode(errors="replace")}')
    if os.path.getsize(dst) != size:
        raise Failed('size %d' % os.path.getsize(dst))
    most = lambda side: max(kib for (s, _), kib in late.items() if s == side) * 1024 / 1e6
    growth = lambda side: max(kib - early.get((s, q), kib) for (s, q), kib in late.items() if s == side) * 1024 / 1e6
    return most('client'), most('server'), growth('client'), growth('server')


for c, s in pairs(a, 'get', [], []):
    try:
        with Server(a, s) as sv:
            for way in ('get', 'put'):
                if os.path.exists(dst):
                    os.unlink(dst)
                try:
                    started = time.perf_counter()
                    client, server, cg, sg = watch(op(a, c, way, port=sv.port, src=src, dst=dst), sv)
                    wall = time.perf_counter() - started
                    emit(a, 'M', 'memory ' + way, c['name'], s['name'], client_peak_mb=client, server_peak_mb=server,
                         client_growth_mb=cg, server_growth_mb=sg, mb_s=size / 1e6 / wall)
                except Exception as e:
                    note_fail(a, 'M', 'memory ' + way, c['name'], s['name'], e)
    except Exception as e:
        note_fail(a, 'M', 'memory', c['name'], s['name'], e)
for f in (src, dst):
    if os.path.exists(f):
        os.unlink(f)
