// The parser of options stands in the protocol package, where sshd finds it too.

export * from '@sallyport/protocol/config/getopt';
