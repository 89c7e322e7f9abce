# tree.pl strong|weak: each request makes a parent and a child that know each other; nobody frees what is strong.
use strict;
use warnings;
use Scalar::Util qw(weaken);
for (my $number = 0;; $number++) {
    my $parent = { body => 'x' x 16384 . $number }; # no two share their bytes
    my $child = { parent => $parent };
    $parent->{child} = $child;
    weaken($child->{parent}) if $ARGV[0] eq 'weak';
    select(undef, undef, undef, 0.2);
}
