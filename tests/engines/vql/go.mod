module sigmaglot/tests/engines/vql

go 1.24
