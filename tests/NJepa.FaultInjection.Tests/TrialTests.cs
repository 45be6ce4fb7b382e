using NJepa.FaultInjection.Trials;

namespace NJepa.FaultInjection.Tests;

/// <summary>The whole program, worker processes included, with fewer of everything.</summary>
public sealed class TrialTests : TensorTest
{
    public static TheoryData<string> Names => [.. TrialList.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_short_trial_passes(string trial)
    {
        using StringWriter output = new(), log = new();

        int code = Program.Run(["--short", "--only", trial], output, log);

        code.Should().Be(0, output + log.ToString());
        string[] lines = output.ToString().TrimEnd().Split(Environment.NewLine);
        lines[..2].Should().Equal("| trial | must | seen | passed |", "|---|---|---|---|");
        lines[2..].Should().NotBeEmpty().And.AllSatisfy(line => line.Should().StartWith($"| {trial}").And.MatchRegex(@"\| (yes|not possible here) \|$"));
        log.ToString().Should().MatchRegex($@"{trial}: [0-9.]+ s\r?\n$");
    }
}
