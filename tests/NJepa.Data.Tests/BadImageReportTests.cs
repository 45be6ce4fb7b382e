using System.Text;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class BadImageReportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.At("bad-images.csv");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_report_is_a_table_of_index_name_and_reason()
    {
        BadImageReport.Write(Path, [new BadImage(3, "cat/ü.jpg", "the file is empty"), new BadImage(12, "a, \"b\".png", "x")]);

        File.ReadAllBytes(Path).Should().Equal(Encoding.UTF8.GetBytes("index,name,reason\r\n3,cat/ü.jpg,the file is empty\r\n12,\"a, \"\"b\"\".png\",x\r\n"));
    }

    [Fact]
    public void Whatever_was_written_is_read_back()
    {
        string[] texts =
        [
            "", " ", "a", "a,b", "\"", "\"\"", "a\"b\"", "a\nb", "a\r\nb", "\r", "\n", ",", "=1+1", "+1", "-1", "@x", "\tx", "'", "''", "'x", "'=x", "''=x",
            "\0", "\u2028", "😀", new string('n', 70_000), "=HYPERLINK(\"http://x\",\"y\")",
        ];
        BadImage[] images = [.. from a in texts from b in texts select new BadImage(a.Length * 7, a, b), new BadImage(int.MaxValue, "last", "x")];

        BadImageReport.Write(Path, images);

        BadImageReport.Read(Path).Should().Equal(images);
        BadImageReport.Write(Path, []);
        BadImageReport.Read(Path).Should().BeEmpty();
        Directory.GetFiles(_folder.Path).Should().Equal(Path);
    }

    [Theory]
    [InlineData("=cmd|' /C calc'!A0")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\t=1")]
    [InlineData("\r=1")]
    public void No_name_is_a_formula_of_a_spreadsheet(string name)
    {
        BadImageReport.Write(Path, [new BadImage(0, name, name)]);

        string row = File.ReadAllText(Path)["index,name,reason\r\n0,".Length..];
        row.TrimStart('"').Should().StartWith("'");
        row[(row.IndexOf(name + ",", StringComparison.Ordinal) is var plain and >= 0 ? plain + name.Length : row.IndexOf("\",", StringComparison.Ordinal) + 1)..]
            .TrimStart(',', '"').Should().StartWith("'");
    }

    [Fact]
    public void A_list_that_a_spreadsheet_saved_again_is_read()
    {
        _folder.Write("bad-images.csv", [0xEF, 0xBB, 0xBF, .. "\"index\",\"name\",\"reason\"\n\"3\",\"a.jpg\",\"'=x\"\n4,b.jpg,y"u8]);

        BadImageReport.Read(Path).Should().Equal(new BadImage(3, "a.jpg", "=x"), new BadImage(4, "b.jpg", "y"));
    }

    [Theory]
    [InlineData("", "its first row is not 'index,name,reason'")]
    [InlineData("holiday notes", "its first row is not 'index,name,reason'")]
    [InlineData("index,name,reason,more\r\n", "its first row is not 'index,name,reason'")]
    [InlineData("index,name,reason\r\n1,a\r\n", "row 2 does not have 3 fields")]
    [InlineData("index,name,reason\r\n1,a,b,c\r\n", "row 2 does not have 3 fields")]
    [InlineData("index,name,reason\r\n1,a,b,c,d\r\n", "row 2 is damaged")]
    [InlineData("index,name,reason\r\n\r\n", "row 2 does not have 3 fields")]
    [InlineData("index,name,reason\r\n1,a,b\r\n-1,a,b\r\n", "row 3 has the index '-1', not a number from 0 to 2147483647")]
    [InlineData("index,name,reason\r\n2147483648,a,b\r\n", "row 2 has the index '2147483648', not a number from 0 to 2147483647")]
    [InlineData("index,name,reason\r\n\"\u001b\n\",a,b\r\n", "row 2 has the index '\\u001B\\u000A', not a number from 0 to 2147483647")]
    [InlineData("index,name,reason\r\n1,\"a,b\r\n", "row 2 has a quote that does not end")]
    [InlineData("index,name,reason\r\n1,\"a\"b,c\r\n", "row 2 is damaged")]
    [InlineData("index,name,reason\r\n1,a,b\rc\r\n", "row 2 is damaged")]
    public void What_is_no_report_is_refused(string content, string what)
    {
        File.WriteAllText(Path, content);

        FluentActions.Invoking(() => BadImageReport.Read(Path)).Should().Throw<InvalidDataException>().Which.Message.Should()
            .Be($"The list of bad images '{Path}' cannot be read: {what}. Delete the file; the images are then found again.");
    }

    [Fact]
    public void What_is_no_text_is_refused()
    {
        _folder.Write("bad-images.csv", [.. "index,name,reason\r\n1,"u8, 0xFF, 0xFE]);

        FluentActions.Invoking(() => BadImageReport.Read(Path)).Should().Throw<InvalidDataException>().WithMessage("*it is not UTF-8*");
    }

    [Fact]
    public void A_report_as_long_as_allowed_is_read_and_a_longer_one_neither_written_nor_read()
    {
        BadImage[] images = [new BadImage(1, "a", "b")];
        BadImageReport.Write(Path, images, maxBytes: 26);
        BadImageReport.Read(Path, maxBytes: 26).Should().Equal(images);

        FluentActions.Invoking(() => BadImageReport.Read(Path, maxBytes: 25)).Should().Throw<InvalidDataException>()
            .WithMessage("*it has 26 bytes, more than the 25 of a list of bad images*");
        File.WriteAllText(Path, "before");
        FluentActions.Invoking(() => BadImageReport.Write(Path, images, maxBytes: 25)).Should().Throw<ArgumentException>()
            .WithMessage("The list of 1 bad images takes 26 bytes; at most 25 can be read again. Write fewer of them.*");
        File.ReadAllText(Path).Should().Be("before");
        Directory.GetFiles(_folder.Path).Should().Equal(Path);
    }

    [Fact]
    public void What_cannot_be_written_leaves_nothing()
    {
        string nowhere = _folder.At("nowhere/bad-images.csv");
        FluentActions.Invoking(() => BadImageReport.Write(nowhere, [])).Should().Throw<IOException>();
        FluentActions.Invoking(() => BadImageReport.Read(nowhere)).Should().Throw<IOException>();
        Directory.CreateDirectory(_folder.At("folder"));
        FluentActions.Invoking(() => BadImageReport.Write(_folder.At("folder"), [])).Should().Throw<Exception>()
            .Which.Should().Match<Exception>(e => e is IOException || e is UnauthorizedAccessException);
        FluentActions.Invoking(() => BadImageReport.Write(" ", [])).Should().Throw<ArgumentException>();

        Directory.GetFiles(_folder.Path).Should().BeEmpty();
    }
}
