using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace NJepa.Samples.QuickStart.Terminal;

/// <summary>
/// All that the program says. On a terminal progress is drawn in place; into a file or a pipe it becomes plain lines, one for every
/// twentieth of the run.
/// </summary>
internal sealed class ConsoleView
{
    private const int PlainLines = 20;
    private const string Accent = "deepskyblue3";

    private static readonly TimeSpan RefreshEvery = TimeSpan.FromMilliseconds(100);

    private readonly IAnsiConsole _console;
    private readonly bool _live;

    /// <summary>A view on the program's own console.</summary>
    public ConsoleView()
        : this(AnsiConsole.Console, !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi)
    {
        if (Console.IsOutputRedirected)
        {
            // A file has no width: do not break its lines at column 80.
            _console.Profile.Width = 240;
        }
    }

    /// <summary>A view on any console.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="live">Whether progress can be drawn in place.</param>
    public ConsoleView(IAnsiConsole console, bool live)
    {
        _console = console;
        _live = live;
    }

    /// <summary>The title and the facts of this run.</summary>
    public void Header(string title, string subtitle, IEnumerable<(string Name, string Value)> facts)
    {
        _console.WriteLine();
        _console.MarkupLineInterpolated($"[bold {Accent}]{title}[/]  [grey]{subtitle}[/]");
        _console.WriteLine();
        foreach ((string name, string value) in facts)
        {
            _console.MarkupLineInterpolated($"  [grey]{name.PadRight(8)}[/]  {value}");
        }
    }

    /// <summary>What happens next.</summary>
    public void Step(string text)
    {
        _console.WriteLine();
        _console.MarkupLineInterpolated($"[{Accent}]>[/] [bold]{text}[/]");
    }

    /// <summary>A result or remark below the last step.</summary>
    public void Detail(string text) => _console.MarkupLineInterpolated($"  [grey]{text}[/]");

    /// <summary>Several remarks.</summary>
    public void Details(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Detail(line);
        }
    }

    /// <summary>Something that the user should know though the run goes on.</summary>
    public void Warning(string text) => _console.MarkupLineInterpolated($"  [yellow]warning:[/] {text}");

    /// <summary>Runs some work and shows the states that it reports, from whatever thread.</summary>
    public Task<T> TrackAsync<T>(Func<Action<RunState>, Task<T>> work) => _live ? TrackLiveAsync(work) : TrackPlainAsync(work);

    /// <summary>The table of figures before and after.</summary>
    public void Comparison(IEnumerable<Measure> measures)
    {
        var table = new Table().Border(_console.Profile.Capabilities.Unicode ? TableBorder.Rounded : TableBorder.Ascii).BorderColor(Color.Grey);
        table.AddColumn("");
        table.AddColumn(new TableColumn("before").RightAligned());
        table.AddColumn(new TableColumn("after").RightAligned());
        table.AddColumn(new TableColumn("change").RightAligned());
        table.AddColumn("");
        foreach (Measure measure in measures)
        {
            string format = measure.Format;
            table.AddRow(
                new Text(measure.Name, new Style(decoration: Decoration.Bold)),
                new Text(Number(measure.Before, format)),
                new Text(Number(measure.After, format), new Style(decoration: Decoration.Bold)),
                new Text(Signed(measure.After - measure.Before, format)),
                new Text(measure.Meaning, new Style(Color.Grey)));
        }

        _console.WriteLine();
        _console.Write(table);
    }

    /// <summary>The files that were written.</summary>
    public void Files(string directory, IReadOnlyList<(string Name, string What)> files)
    {
        _console.WriteLine();
        _console.MarkupLineInterpolated($"Written to [bold]{directory}[/]:");
        int width = files.Max(file => file.Name.Length);
        foreach ((string name, string what) in files)
        {
            _console.MarkupLineInterpolated($"  {name.PadRight(width)}  [grey]{what}[/]");
        }

        _console.WriteLine();
    }

    /// <summary>A line of code to copy, which is never broken.</summary>
    public void Code(string title, string code)
    {
        _console.WriteLine(title);
        _console.Profile.Out.Writer.WriteLine($"  {code}");
        _console.WriteLine();
    }

    private async Task<T> TrackLiveAsync<T>(Func<Action<RunState>, Task<T>> work)
    {
        return await _console.Live(new Text("  starting")).StartAsync(async live =>
        {
            var gate = new Lock();
            long lastUpdate = 0;
            return await work(state =>
            {
                lock (gate)
                {
                    long now = Environment.TickCount64;
                    if (now - lastUpdate >= RefreshEvery.TotalMilliseconds || state.Step == state.Steps)
                    {
                        lastUpdate = now;
                        live.UpdateTarget(Render(state));
                    }
                }
            }).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private async Task<T> TrackPlainAsync<T>(Func<Action<RunState>, Task<T>> work)
    {
        var gate = new Lock();
        long linesDone = -1;
        return await work(state =>
        {
            lock (gate)
            {
                long line = state.Step * PlainLines / Math.Max(1, state.Steps);
                if (line > linesDone)
                {
                    linesDone = line;
                    _console.WriteLine($"  {Percent(state),3} %  epoch {state.Epoch} of {state.Epochs}  {Losses(state)}  {Speed(state)}  {Left(state)}");
                }
            }
        }).ConfigureAwait(false);
    }

    private Rows Render(RunState state)
    {
        string place = $"  epoch {state.Epoch} of {state.Epochs} ";
        string rest = $" {Percent(state),3} %  {Speed(state)}  {Left(state)}";
        int width = Math.Clamp(_console.Profile.Width - place.Length - rest.Length - 1, 5, 50);
        int filled = (int)(width * Math.Clamp((double)state.Step / Math.Max(1, state.Steps), 0, 1));
        bool unicode = _console.Profile.Capabilities.Unicode;
        var first = new Paragraph()
            .Append(place)
            .Append(new string(unicode ? '━' : '#', filled), new Style(Color.DeepSkyBlue3))
            .Append(new string(unicode ? '━' : '-', width - filled), new Style(Color.Grey27))
            .Append(rest);
        return new Rows((IRenderable)first, new Text("  " + Losses(state, _console.Profile.Width - 3), new Style(Color.Grey)));
    }

    private static int Percent(RunState state) => (int)(100 * state.Step / Math.Max(1, state.Steps));

    /// <summary>The terms in one line, the last ones left out where it is too narrow: a line that wraps makes the display jump.</summary>
    private static string Losses(RunState state, int width = int.MaxValue)
    {
        string line = "";
        foreach ((string name, double value) in state.Losses)
        {
            string term = $"{name} {Number(value, Math.Abs(value) < 0.01 ? "0.00000" : "0.0000")}";
            if (line.Length + 2 + term.Length > width)
            {
                break;
            }

            line += line.Length == 0 ? term : "  " + term;
        }

        return line;
    }

    private static string Speed(RunState state) => $"{Number(state.ImagesPerSecond, "0")} images/s";

    private static string Left(RunState state) => state.Remaining.TotalHours >= 1
        ? $"{(int)state.Remaining.TotalHours}:{state.Remaining.Minutes:00}:{state.Remaining.Seconds:00} left"
        : $"{state.Remaining.Minutes}:{state.Remaining.Seconds:00} left";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Signed(double value, string format)
    {
        string text = Number(Math.Abs(value), format);
        return (value < 0 ? "-" : "+") + text;
    }
}
