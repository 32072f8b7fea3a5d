"""A TCP proxy that holds every byte back for a while: a long line without a limit of its rate, where the kernel has no
netem. delay_proxy.py PORT TARGET-PORT MILLISECONDS-EACH-WAY"""
import collections, selectors, socket, sys, time

HOST = '127.0.0.1'
READ_BYTES = 256 * 1024
# What a line of any rate may hold; beyond it the sender has to wait.
HELD_BYTES = 64 * 1024 * 1024


class Direction:
    """Bytes from one socket that wait to leave by the other."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.held, self.held_bytes = collections.deque(), 0
        self.is_full = self.has_ended = False

    def receive(self, due):
        try:
            data = self.source.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        self.held.append((due, memoryview(data)))
        self.held_bytes += len(data)
        self.has_ended = not data

    def send(self, now):
        while self.held and not self.is_full and self.held[0][0] <= now:
            due, data = self.held.popleft()
            if not data:
                try:
                    self.target.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                return
            try:
                sent = self.target.send(data)
            except BlockingIOError:
                sent, self.is_full = 0, True
            except OSError:
                sent = len(data)
            self.held_bytes -= sent
            if sent < len(data):
                self.held.appendleft((due, data[sent:]))

    @property
    def wants_input(self):
        return not self.has_ended and self.held_bytes < HELD_BYTES

    @property
    def is_over(self):
        return self.has_ended and not self.held


def run(port, target_port, delay):
    selector = selectors.DefaultSelector()
    listener = socket.create_server((HOST, port))
    selector.register(listener, selectors.EVENT_READ)
    lines = []
    while True:
        now = time.monotonic()
        for line in list(lines):
            for direction in line:
                direction.send(now)
            if all(direction.is_over for direction in line):
                lines.remove(line)
                for direction in line:
                    if direction.source in selector.get_map():
                        selector.unregister(direction.source)
                    direction.source.close()
                continue
            there, back = line
            for receiving, sending in ((there, back), (back, there)):
                mask = (selectors.EVENT_READ if receiving.wants_input else 0) | (
                    selectors.EVENT_WRITE if sending.is_full else 0)
                watch(selector, receiving.source, mask, (receiving, sending))
        dues = [d.held[0][0] for line in lines for d in line if d.held and not d.is_full]
        timeout = max(0, min(dues) - time.monotonic()) if dues else None
        for key, mask in selector.select(timeout):
            if key.fileobj is listener:
                lines.append(accept(listener, target_port))
                continue
            receiving, sending = key.data
            if mask & selectors.EVENT_READ:
                receiving.receive(time.monotonic() + delay)
            if mask & selectors.EVENT_WRITE:
                sending.is_full = False


def watch(selector, sock, mask, data):
    known = selector.get_map().get(sock.fileno()) if sock.fileno() >= 0 else None
    if known is None and mask:
        selector.register(sock, mask, data)
    elif known is not None and not mask:
        selector.unregister(sock)
    elif known is not None and known.events != mask:
        selector.modify(sock, mask, data)


def accept(listener, target_port):
    client, _ = listener.accept()
    server = socket.create_connection((HOST, target_port))
    for sock in (client, server):
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Direction(client, server), Direction(server, client)


if __name__ == '__main__':
    run(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000)
