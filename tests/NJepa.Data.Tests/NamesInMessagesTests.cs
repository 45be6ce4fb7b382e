namespace NJepa.Data.Tests;

public sealed class NamesInMessagesTests
{
    [Theory]
    [InlineData("cat/ü 1.jpg", "cat/ü 1.jpg")]
    [InlineData("a\nb\r\0\u001b[31m.jpg", "a\\u000Ab\\u000D\\u0000\\u001B[31m.jpg")]
    [InlineData("gpj.\u202Eexe\u2028\u0085", "gpj.\\u202Eexe\\u2028\\u0085")]
    [InlineData("😀.jpg", "😀.jpg")]
    public void Names_stand_on_one_line_and_command_no_terminal(string name, string shown)
    {
        new BadImage(1, name, "x\ny").ToString().Should().Be($"{shown}: x\\u000Ay");
        var exception = new ImageDecodingException(name, "it is\tdamaged");
        exception.Message.Should().Be($"The image '{shown}' cannot be decoded: it is\\u0009damaged.");
        exception.ImageName.Should().Be(name);
        new TooManyBadImagesException([new BadImage(1, name, "x")], 2, 0.1).Message.Should().EndWith($"  - {shown}: x");
    }

    [Fact]
    public void Very_long_names_are_shortened()
    {
        new BadImage(1, new string('n', 65_000), "x").ToString().Should().Be(new string('n', 200) + "...: x");
        new BadImage(1, new string('n', 200), "x").ToString().Should().Be(new string('n', 200) + ": x");
        new BadImage(1, "\n" + new string('n', 300), new string('r', 2000)).ToString().Should().Be("\\u000A" + new string('n', 199) + "...: " + new string('r', 1000) + "...");
        new BadImage(1, new string('n', 199) + "😀😀", "x").ToString().Should().Be(new string('n', 199) + "😀...: x");
    }
}
