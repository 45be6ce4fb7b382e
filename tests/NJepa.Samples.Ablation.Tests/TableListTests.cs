using NJepa.Models;
using NJepa.Noise;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Samples.Ablation.Tables;

namespace NJepa.Samples.Ablation.Tests;

public sealed class TableListTests
{
    private static readonly AblationScale Scale = new();

    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (AblationTable table in TableList.All)
        {
            foreach (Arm arm in table.Arms)
            {
                rows.Add(table.Name, arm.Name);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_row_can_be_built_and_differs_from_its_neighbours(string tableName, string armName)
    {
        AblationTable table = TableList.All.Single(table => table.Name == tableName);
        Arm arm = table.Arms.Single(arm => arm.Name == armName);

        Configuration(arm).Validate().Should().BeEmpty();
        table.Arms.Count(other => Recipe(other) == Recipe(arm)).Should().Be(1, "two rows of a table must not be the same runs");
        table.Arms.Count(other => other.Id == arm.Id).Should().Be(1);
    }

    [Fact]
    public void Rows_with_the_same_folder_are_the_same_runs()
    {
        IEnumerable<IGrouping<string, JepaRecipe>> byFolder = TableList.All.SelectMany(table => table.Arms).GroupBy(arm => arm.Id, Recipe);

        byFolder.Should().OnlyContain(recipes => recipes.Distinct().Count() == 1);
    }

    [Fact]
    public void The_papers_rows_have_the_papers_weights()
    {
        // w_CT / w_NT / w_NC.
        Weights("loss-ct-nc").Should().Be(new JepaLossWeights(1, 0, 1));
        Weights("loss-ct-nt").Should().Be(new JepaLossWeights(1, 1, 0));
        Weights("weights-1-1-1").Should().Be(new JepaLossWeights(1, 1, 1));
        Weights("weights-1-1-0.1").Should().Be(new JepaLossWeights(1, 1, 0.1));
        Weights("weights-1-0.1-1").Should().Be(new JepaLossWeights(1, 0.1, 1));
        Weights("n-jepa-single").Should().Be(new JepaLossWeights(1, 0.1, 0.1));
        Recipe(Arms.Single).Granularity.Should().Be(NoiseGranularity.SingleLevel);
        Recipe(Arms.Multi).Granularity.Should().Be(NoiseGranularity.MultiLevel);
        Recipe(Arms.IJepa).Noise.Should().BeNull();
    }

    [Fact]
    public void Only_the_table_of_the_two_terms_changes_them()
    {
        TableList.All.Where(table => table.Name != "terms").SelectMany(table => table.Arms).Select(arm => Recipe(arm).VarianceCovariance).Distinct()
            .Should().Equal(new VarianceCovarianceWeights(Scale.Variance, Scale.Covariance));
        TableList.All.Single(table => table.Name == "terms").Arms.Select(arm => Recipe(arm).VarianceCovariance.IsActive).Should().Equal(true, false, true, false);
    }

    [Fact]
    public void A_factor_multiplies_every_level_of_the_noise()
    {
        PositionNoise paper = EdmNoise.Default, doubled = Recipe(Arms.SigmaTimes(2)).Noise!;
        foreach (double normal in new[] { -2, 0, 1.5 })
        {
            doubled.LevelFrom(normal, 0.5).Sigma.Should().BeApproximately(2 * paper.LevelFrom(normal, 0.5).Sigma, 1e-5f);
        }
    }

    [Fact]
    public void All_is_every_table_and_an_unknown_name_is_refused()
    {
        TableList.Named(["all"]).Should().Equal(TableList.All);
        TableList.Named(["weights", "baseline"]).Select(table => table.Name).Should().Equal("baseline", "weights");
        Action unknown = () => TableList.Named(["baseline", "lossess"]);
        unknown.Should().Throw<AblationException>().WithMessage("There is no table called 'lossess'; there are baseline, losses, *, and 'all'.");
    }

    [Fact]
    public void Runs_that_several_tables_need_are_planned_once_and_seed_by_seed()
    {
        AblationOptions options = new() { Tables = [], Images = "", Scale = Scale, Seeds = [5, 7], LearningRates = [0.001, 0.002] };

        IReadOnlyList<(Arm Arm, RunKey Key)> plan = AblationRun.Plan(TableList.Named(["baseline", "levels", "low-shot"]), options);

        plan.Select(run => run.Key).Should().OnlyHaveUniqueItems().And.HaveCount(3 * 2 * 2);
        plan.Select(run => run.Key.Seed).Should().BeInAscendingOrder();
        plan.Select(run => run.Key.Folder).Should().OnlyHaveUniqueItems();
    }

    private static JepaLossWeights Weights(string id) => Recipe(TableList.All.SelectMany(table => table.Arms).First(arm => arm.Id == id)).LossWeights;

    private static JepaRecipe Recipe(Arm arm) => arm.Recipe(Scale.Recipe());

    private static JepaConfiguration Configuration(Arm arm) => JepaBuilder.WithEncoder(Scale.Encoder()).WithRecipe(Recipe(arm)).Configure();
}
