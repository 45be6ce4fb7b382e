using NJepa.FaultInjection.Fuzzing;
using NJepa.FaultInjection.Options;
using NJepa.FaultInjection.Trials;

namespace NJepa.FaultInjection.Tests;

/// <summary>A program that shows that nothing fails must be able to show that something does.</summary>
public sealed class FindingTests : TensorTest
{
    private static readonly Finding[] Findings =
    [
        new("a", "must", "a | b\nc", true),
        new("b", "must", "seen", false),
        new("c", "must", "seen", null),
    ];

    [Fact]
    public void The_table_tells_passed_from_failed_and_from_not_possible() =>
        FindingTable.Write(Findings).Split(Environment.NewLine).Should().Equal(
            "| trial | must | seen | passed |",
            "|---|---|---|---|",
            @"| a | must | a \| b c | yes |",
            "| b | must | seen | **no** |",
            "| c | must | seen | not possible here |",
            "");

    [Fact]
    public void A_trial_that_ends_in_an_exception_has_failed_and_keeps_what_it_had_found()
    {
        using var place = new TrialPlace(new FaultOptions(), _ => { });

        IReadOnlyList<Finding> findings = TrialRunner.Run(new Broken(), place);

        findings.Should().Equal(
            new Finding("first", "must", "seen", true),
            new Finding("broken", "be whole", "the trial ended in InvalidOperationException: no luck", false));
    }

    [Fact]
    public void Mutations_depend_on_the_seed_alone_and_change_the_file()
    {
        byte[] source = [.. "{\"step\": 12, \"files\": [1, 2, 3]}"u8], other = [.. "{\"other\": null}"u8];

        byte[][] Make() => [.. Enumerable.Range(0, 500).Select(seed => Mutator.Mutate(source, [source, other], new Random(seed)))];

        byte[][] mutations = Make();
        mutations.Zip(Make()).Count(pair => pair.First.SequenceEqual(pair.Second)).Should().Be(500);
        mutations.Count(mutation => !mutation.SequenceEqual(source)).Should().BeGreaterThan(450);
        mutations.Max(mutation => mutation.Length).Should().BeGreaterThan(10_000);
        mutations.Should().Contain(mutation => mutation.Length < source.Length);
    }

    private sealed class Broken : ITrial
    {
        public string Name => "broken";

        public string Must => "be whole";

        public IEnumerable<Finding> Run(TrialContext context)
        {
            yield return new Finding("first", "must", "seen", true);
            throw new InvalidOperationException("no luck");
        }
    }
}
