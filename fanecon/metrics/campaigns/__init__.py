"""Campaigns: what a day of lottery brought, what stayed of it, and what nobody can say from one."""

from fanecon.metrics.campaigns.daily import Campaign, daily_counts
from fanecon.metrics.campaigns.impact import CampaignImpact, campaign_impact
from fanecon.metrics.campaigns.placebo import Placebo
from fanecon.metrics.campaigns.simulation import OrdinaryDays, exponential_afterglow, simulate_campaign_series

__all__ = [
    "Campaign",
    "CampaignImpact",
    "OrdinaryDays",
    "Placebo",
    "campaign_impact",
    "daily_counts",
    "exponential_afterglow",
    "simulate_campaign_series",
]
