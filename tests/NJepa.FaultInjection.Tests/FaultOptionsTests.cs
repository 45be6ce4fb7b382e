using NJepa.FaultInjection.Options;
using NJepa.FaultInjection.Trials;

namespace NJepa.FaultInjection.Tests;

public sealed class FaultOptionsTests
{
    [Fact]
    public void Defaults_are_those_of_the_help()
    {
        FaultOptions options = FaultOptions.Parse([]);

        options.Only.Should().Equal("kill", "damage", "disk", "signal", "images", "nan", "threads", "fuzz", "stop", "long");
        (options.Short, options.Seed, options.Output, options.ShowList, options.ShowHelp).Should().Be((false, 0, null, false, false));
    }

    [Fact]
    public void Every_option_is_read_and_stands_in_the_help()
    {
        string[] arguments = ["--only", "stop,Kill", "--short", "--seed", "7", "--output", "a", "--list", "--help"];
        FaultOptions options = FaultOptions.Parse(arguments);

        options.Only.Should().Equal("stop", "kill");
        (options.Short, options.Seed, options.Output, options.ShowList, options.ShowHelp).Should().Be((true, 7, "a", true, true));
        arguments.Where(argument => argument.StartsWith("--", StringComparison.Ordinal)).Should().OnlyContain(argument => FaultOptions.Help.Contains($"  {argument} "));
        TrialList.Names.Should().OnlyHaveUniqueItems().And.OnlyContain(name => FaultOptions.Help.Contains($"  {name} "));
    }

    [Theory]
    [InlineData("'--fast' is not an option; --help lists them.", "--fast")]
    [InlineData("'kill' is not an option; --help lists them.", "kill")]
    [InlineData("--only needs a value; --help lists the options.", "--only")]
    [InlineData("--only has 'die', which is not a trial; choose from kill, damage, disk, signal, images, nan, threads, fuzz, stop, long.", "--only", "kill,die")]
    [InlineData("--only has '', which is not a trial; choose from kill, damage, disk, signal, images, nan, threads, fuzz, stop, long.", "--only", "")]
    [InlineData("--seed is '-1'; it must be a whole number from 0 to 2147483647.", "--seed", "-1")]
    [InlineData("--seed is '2147483648'; it must be a whole number from 0 to 2147483647.", "--seed", "2147483648")]
    [InlineData("--output needs a value; --help lists the options.", "--short", "--output")]
    public void A_command_line_that_is_not_understood_ends_with_2_and_says_which_option(string message, params string[] arguments)
    {
        using StringWriter output = new(), log = new();

        Program.Run(arguments, output, log).Should().Be(2);

        log.ToString().Should().Be(message + Environment.NewLine);
        output.ToString().Should().BeEmpty();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_is_printed(string option)
    {
        using StringWriter output = new(), log = new();

        Program.Run([option], output, log).Should().Be(0);

        output.ToString().Should().Be(FaultOptions.Help + Environment.NewLine);
        log.ToString().Should().BeEmpty();
    }

    [Fact]
    public void A_list_says_what_must_be_and_runs_nothing()
    {
        using StringWriter output = new(), log = new();

        Program.Run(["--list", "--only", "long,stop"], output, log).Should().Be(0);

        output.ToString().TrimEnd().Split(Environment.NewLine).Should().Equal(
            "| trial | must |",
            "|---|---|",
            "| stop | final weights, optimizer state and loss log byte-equal each time |",
            "| long | as many live tensors late as early, less than 2 % more resident memory |");
        log.ToString().Should().BeEmpty();
    }
}
