# handlers.rb keep|drop: each request adds a handler, a block that holds all of the request; "drop": and removes it.
handlers = []
loop do
  request = "x" * 16384
  handlers << proc { request.size }
  handlers.clear if ARGV[0] == "drop"
  sleep 0.2
end
