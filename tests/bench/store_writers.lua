-- SPDX-License-Identifier: Apache-2.0
-- For wrk: each request asks for a subject that nobody asked for before, so that each one is
-- recorded. The names of two runs differ by $CVG_BENCH_RUN.
local run = os.getenv("CVG_BENCH_RUN") or "0"
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local headers = {["Content-Type"] = "application/json"}
local asked = 0

function request()
    asked = asked + 1
    local subject = '{"app":"app' .. run .. "-" .. number .. '","revision":"' .. asked .. '"}'
    return wrk.format("POST", nil, headers, subject)
end
