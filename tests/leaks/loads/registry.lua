-- registry.lua strong|weak: every object is registered and forgotten; a weak registry doesn't keep it.
local registry = setmetatable({}, { __mode = arg[1] == "weak" and "k" or nil })
local number = 0
while true do
    for _ = 1, 5 do
        number = number + 1
        registry[{ body = string.rep("x", 16384) .. number }] = true
    end
    os.execute("sleep 1")
end
