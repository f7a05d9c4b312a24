#!/bin/sh
# The count in count.txt must be the number of lines of words.txt.
test "$(cat count.txt)" = "$(wc -l < words.txt | tr -d ' ')" || { echo "count.txt is wrong: $(cat count.txt)"; exit 1; }
echo "count is right"
