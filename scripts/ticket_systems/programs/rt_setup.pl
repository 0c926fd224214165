# Fills a new RT: a queue that takes reports and one that does not, a user who may report there, one who may only
# look, and a token for each and for the administrator. Prints the tokens as JSON.
use strict;
use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use JSON qw(encode_json);
use RT -init;

# What a reporter needs and no more: to create a ticket, to add to it as a comment or as a reply, and to find it and
# read it back. Without ShowTicketComments comments can be written but not found again; SeeQueue is what makes it
# possible to ask beforehand whether a queue takes tickets.
my @READS  = qw(SeeQueue ShowTicket ShowTicketComments);
my @WRITES = qw(CreateTicket CommentOnTicket ReplyToTicket);

sub created {
    my ( $record, %values ) = @_;
    my ( $id, $message ) = $record->Create(%values);
    die ref($record) . ": $message\n" unless $id;
    return $record;
}

sub user {
    my ($name) = @_;
    my $user = RT::User->new( RT->SystemUser );
    return created( $user, Name => $name, EmailAddress => "$name\@example.com", Privileged => 1 );
}

sub grant {
    my ( $user, $object, @rights ) = @_;
    for my $right (@rights) {
        my ( $ok, $message ) = $user->PrincipalObj->GrantRight( Right => $right, Object => $object );
        die "$right: $message\n" unless $ok;
    }
}

sub token {
    my ($user) = @_;
    my $token = RT::AuthToken->new( RT->SystemUser );
    my ( $id, $message, $secret ) = $token->Create( Owner => $user->Id, Description => 'peer' );
    die "token: $message\n" unless $id;
    return $secret;
}

my ( $support, $closed ) = map { created( RT::Queue->new( RT->SystemUser ), Name => $_ ) } 'Support', 'Closed shop';
my ( $reporter, $reader ) = ( user('reporter'), user('reader') );
grant( $reporter, $support, @READS, @WRITES );
grant( $reporter, $closed,  'SeeQueue' );
grant( $reader,   $support, @READS );

my $root = RT::User->new( RT->SystemUser );
$root->Load('root');
print encode_json( { reporter => token($reporter), reader => token($reader), root => token($root) } ), "\n";
